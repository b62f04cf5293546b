"""What every daemon shares at run time: flags, logs, signals, HTTP serving and calling, record streams, metrics.

Import from the modules; this file loads none of them, so that a pure `config.py` which needs `flags` alone does not
load aiohttp with it.
"""
