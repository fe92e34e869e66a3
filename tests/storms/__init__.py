"""The storm: the whole program, its Telegram and its payment systems in one process, one seed, and no mercy."""
