"""Who may do and see what (mesos-semantics 11)."""
