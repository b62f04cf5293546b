"""From offers to launches: what waits, which offer does and why not, and what the agent is told to run."""
