"""Health checks and checks: when a task is asked, what its answers mean, and asking it."""
