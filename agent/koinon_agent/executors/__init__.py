"""What a task runs in: executors, and the environment that each is handed."""
