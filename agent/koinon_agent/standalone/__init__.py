"""Containers that operators start on their own: of no task, of no executor, with no parent (mesos-operator-api 1.4)."""
