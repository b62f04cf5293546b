"""What `./dev` does. Runs on the bare interpreter, before anything is installed: standard library only."""
