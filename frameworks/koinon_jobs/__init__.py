"""Batch jobs on a cluster: at times of day, after one another, or once; what Chronos did, on the SDK."""
