"""What instances are wanted of: an app or a pod. The machine keeps both alike; only a few files tell them apart.

Both have an id, versions, `instances`, a role, constraints and the strategies; what runs in one instance differs.
"""

from .apps import App
from .pods import Pod

RunSpec = App | Pod
