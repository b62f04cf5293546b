"""The HTTP edges of a master: they turn requests into events and views into answers, and decide nothing."""
