"""What is said, and how it travels: events, the ledger that numbers them, and the log that carries them."""
