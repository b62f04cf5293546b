"""From a request to another tree: what a body means for an app, what holds over the whole tree, versions, ports."""
