"""What containers are made of: pulling images, what registries are shown for them, and the one that is made here."""
