"""What an engine is asked to create and to change: from workloads to requests in its words, or refusals. Pure."""
