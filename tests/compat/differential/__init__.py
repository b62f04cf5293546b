"""The genuine Mesos 1.11 and ours, driven by one script over the same calls: they differ in nothing a client reads."""
