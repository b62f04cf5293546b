"""Who is offered what: the verbs that the master may use, and the hierarchical fair-share allocator behind them."""
