"""``koinon up``: a whole cluster on one machine, its daemons started, watched and ended as one."""
