"""What an ACCEPT does, and what becomes of operations on resources (mesos-semantics 5.5, 5.7)."""
