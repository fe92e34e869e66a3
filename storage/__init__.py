"""What is remembered, and which changes are legal. Knows no HTTP, no payment system and no Telegram."""
