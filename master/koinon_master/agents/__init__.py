"""Agents come, come back, are drained and are lost (mesos-semantics 3)."""
