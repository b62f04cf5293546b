"""What an action sees of its app or pod, and what it wants done: the words between `actions` and `deploying`."""

from collections.abc import Callable, Mapping
from datetime import datetime

import attrs

from ..definition.run_specs import RunSpec
from ..instance.instances import Instance, InstanceId


@attrs.frozen(kw_only=True)
class SpecView:
    """An app or pod as it shall be (None: not at all) and its instances as they are.

    `counted` of them count for the wanted number, `going` still run and shall end. `since` is when the deployment's
    tree came to be. A ready one is healthy and passed its readiness check; an unwell one is known not to be healthy,
    where others may only not have been heard of yet.
    """

    spec: RunSpec | None
    instances: Mapping[InstanceId, Instance]
    counted: int
    going: int
    since: datetime
    is_ready: Callable[[Instance], bool]
    is_healthy: Callable[[Instance], bool]
    is_unwell: Callable[[Instance], bool]


@attrs.frozen(kw_only=True)
class Orders:
    """What an action wants now: instances to let go, and how many to add."""

    decommission: tuple[InstanceId, ...] = ()
    start: int = 0
    is_done: bool = False


DONE, WAIT = Orders(is_done=True), Orders()
