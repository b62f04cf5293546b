"""What this Marathon counts and measures, under Marathon's names (marathon-semantics 28), and how it is told."""
