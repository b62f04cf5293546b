"""Weights and quota, as operators and flags set them (mesos-semantics 5.4)."""
