"""The local Telegram, driven as the bot drives it and refused as Telegram refuses."""
