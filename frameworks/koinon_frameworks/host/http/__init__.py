"""HTTP of a hosted framework: the plugin's own in the inner process, what everybody sees in the outer one."""
