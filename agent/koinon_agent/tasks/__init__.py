"""The tasks of one agent: their lives, what the master asks of them, and the updates that tell of them."""
