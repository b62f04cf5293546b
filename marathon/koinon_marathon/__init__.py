"""Marathon: keeps apps running on offers, as a framework like any other."""
