"""What is durable: its records, who writes them, what is cleared away (mesos-semantics 1.1)."""
