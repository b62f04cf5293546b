"""What browsers ask of the UI, over HTTP."""
