"""What a Marathon must find again: its records, their form and its migrations, backups (marathon-semantics 23)."""
