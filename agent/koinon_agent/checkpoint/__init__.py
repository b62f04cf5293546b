"""What must outlive the agent: its records, how they lie on disk, and what a new life makes of them."""
