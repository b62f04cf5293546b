"""What is wrong with a call, a framework or a task. Each function returns the problem, none acts on it."""
