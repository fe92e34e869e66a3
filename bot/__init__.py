"""The program: Telegram at the edge, payments inside."""
