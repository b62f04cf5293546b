"""The master's part of the web UI: what of its memory the screens show, as tables that follow it."""
