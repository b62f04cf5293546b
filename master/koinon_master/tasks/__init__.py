"""Tasks from launch to history, and what is said of them (mesos-semantics 6)."""
