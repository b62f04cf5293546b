"""Machines that are to be away: windows, machines that are down, inverse offers (mesos-semantics 10)."""
