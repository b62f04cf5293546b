"""Deployments: the way from the tree as it is to the tree as it shall be (marathon-semantics 3 and 4)."""
