"""Marathon's `/v2` over HTTP: one resource a file, each of them only request to event or query, and result to body."""
