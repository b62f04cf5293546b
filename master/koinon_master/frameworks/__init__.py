"""Frameworks come, change, fail over and end (mesos-semantics 4)."""
