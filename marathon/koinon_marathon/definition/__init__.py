"""What an app and the tree of groups are, as values: ids, constraints, networks, checks, old spellings, problems."""
