"""Standing with the master: finding it, registering, and the link to it."""
