"""Pods: what Mesos's default executor does with groups of tasks, without a process of its own (mesos-semantics 7)."""
