"""Names that Python itself has moved since old clients were written, where those still look for them.

For the interpreters of other people's clients, by PYTHONPATH: the clients stay as they were published.
"""

import collections
import collections.abc

for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))
