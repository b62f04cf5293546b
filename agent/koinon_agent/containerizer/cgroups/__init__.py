"""The kernel's control groups, of version 1 and of version 2: where they are, what they limit, what they tell."""
