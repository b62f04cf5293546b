"""The web UI in Python: its bundle handed out, and the tables it shows fed to browsers as they change."""
