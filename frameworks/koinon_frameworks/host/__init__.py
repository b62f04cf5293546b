"""The plugin host: frameworks found by name, run, supervised and elected."""
