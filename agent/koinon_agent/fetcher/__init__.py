"""What is brought into a sandbox before its container starts: which URIs, how they come, and what is unpacked."""
