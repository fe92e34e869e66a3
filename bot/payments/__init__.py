"""The verbs of the counter. Imports providers and storage, never Telegram nor the web."""
