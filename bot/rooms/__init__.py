"""What the counter is made of, a room for each kind of work. `bot.app` opens them in order and closes them."""
