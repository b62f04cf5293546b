"""Marathon as the master sees it: how it introduces itself, and that it does so again when an app brings a new role.

A framework is offered resources of the roles it subscribed with. The first app of another role therefore ends the
subscription and begins one with that role too, under the same id; tasks notice nothing.
"""

from collections.abc import Callable, Sequence

import attrs

from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_daemon.errors import ExitCode
from koinon_frameworks import Ending, EndKind, SchedulerDriver
from koinon_frameworks.election import Leadership
from koinon_frameworks.errors import LeadershipEnded

from .config import MarathonConfig
from .definition.groups import all_specs
from .events import Disconnected, Event, Restored

_CAPABILITIES = (
    FrameworkCapabilityType.PARTITION_AWARE,
    FrameworkCapabilityType.MULTI_ROLE,
    FrameworkCapabilityType.REGION_AWARE,
    FrameworkCapabilityType.TASK_KILLING_STATE,
)

MakeDriver = Callable[[FrameworkInfo], SchedulerDriver]


class Framework:
    """The subscription of one term, over as many drivers as it takes."""

    def __init__(self, info: FrameworkInfo, make_driver: MakeDriver, put: Callable[[Event], None]) -> None:
        """`put` takes the event that one subscription is over."""
        self._info = info
        self._make_driver = make_driver
        self._put = put
        self.driver = make_driver(info)

    async def want_roles(self, roles: Sequence[str]) -> bool:
        """Make sure that we subscribe with these. True: not yet, a new subscription is under way."""
        added = [role for role in roles if role not in self._info.roles]
        if added:
            self._info = attrs.evolve(self._info, roles=(*self._info.roles, *added))
            await self.driver.stop()
        return bool(added)

    async def run(self) -> None:
        """Stay subscribed until the master won't have us, which raises LeadershipEnded."""
        while True:
            ending = await self.driver.run()
            if ending.kind is not EndKind.STOPPED:
                raise _lost(ending)
            self._put(Disconnected())
            self._info = attrs.evolve(self._info, id=self.driver.framework_id)
            self.driver = self._make_driver(self._info)


def make_framework_info(config: MarathonConfig, leadership: Leadership, user: str, restored: Restored) -> FrameworkInfo:
    """Marathon as it introduces itself at first: the roles of all its apps, and the id it had before."""
    apps = {} if restored.history.current is None else all_specs(restored.history.current)
    roles = dict.fromkeys([config.mesos_role, *(app.role for app in apps.values())])
    capabilities = list(_CAPABILITIES)
    if "gpu_resources" in config.enable_features:
        capabilities.append(FrameworkCapabilityType.GPU_RESOURCES)
    return FrameworkInfo(
        user=config.mesos_user or user,
        name=config.framework_name,
        id=restored.framework_id,
        failover_timeout=config.failover_timeout,
        checkpoint=config.checkpoint,
        roles=tuple(roles),
        principal=config.mesos_authentication_principal,
        hostname=leadership.me.host,
        webui_url=config.webui_url or leadership.origin,
        capabilities=tuple(FrameworkCapability(capability) for capability in capabilities),
    )


def _lost(ending: Ending) -> LeadershipEnded:
    if ending.kind is EndKind.REMOVED:
        return LeadershipEnded(
            f"the master says: {ending.message}. Its id is spent and its tasks are killed; to begin anew with the same "
            "apps, remove framework-id and instances/ from the store",
            ExitCode.FRAMEWORK_REMOVED,
        )
    code = ExitCode.FAILURE if ending.kind is EndKind.REFUSED else ExitCode.LOST_LEADERSHIP
    return LeadershipEnded(f"the subscription ended ({ending.kind.value}): {ending.message}", code)
