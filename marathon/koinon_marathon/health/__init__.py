"""Health and readiness: whom Marathon asks how it is, when, and what follows (marathon-semantics 20, 21)."""
