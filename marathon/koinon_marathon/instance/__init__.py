"""Instances and their tasks: which condition follows which, what an operation makes of one, and who dies first."""
