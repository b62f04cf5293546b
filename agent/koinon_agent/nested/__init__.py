"""Containers that operators start within running ones: sessions, and commands that run on their own."""
