"""The directories that containers work in: where they are, how they come to be, and when they go."""
