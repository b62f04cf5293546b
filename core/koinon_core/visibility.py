"""What a principal may see of a cluster, and which doors are closed to it. Pure (mesos-operator-api 1).

Reads leave out what may not be seen, without a word. Views that ask no question of it where ``is_total`` holds pay
nothing for it.
"""

from __future__ import annotations

from attrs import field, frozen

from .frameworks import FrameworkInfo
from .permissions import EVERYTHING_ALLOWED, Acls, Action
from .tasks import ExecutorInfo, TaskInfo

_Key = tuple[Action, str | None]


@frozen(kw_only=True)
class Visibility:
    """One principal's view, for as long as one answer or one stream takes; it remembers what the lists said."""

    permissions: Acls = EVERYTHING_ALLOWED
    principal: str | None = None
    _known: dict[_Key, bool] = field(factory=dict, init=False, eq=False, repr=False)

    @property
    def is_total(self) -> bool:
        """Whether nothing is hidden."""
        return self.permissions.is_everything_visible

    def hides_some(self, action: Action) -> bool:
        """Whether there may be objects of an action that are hidden."""
        return action in self.permissions.rules or not self.permissions.is_permissive

    def shows_framework(self, info: FrameworkInfo) -> bool:
        """By the user that it runs as."""
        return self._allows(Action.VIEW_FRAMEWORKS, info.user)

    def shows_task(self, framework: FrameworkInfo, task: TaskInfo) -> bool:
        """By the user that the task runs as."""
        return self.shows_tasks_of(task_user(framework, task))

    def shows_tasks_of(self, user: str) -> bool:
        """By the user that tasks run as."""
        return self._allows(Action.VIEW_TASKS, user)

    def shows_executor(self, framework: FrameworkInfo, executor: ExecutorInfo) -> bool:
        """By the user that the executor runs as."""
        return self._allows(Action.VIEW_EXECUTORS, executor_user(framework, executor))

    def shows_role(self, role: str) -> bool:
        """By its name."""
        return self._allows(Action.VIEW_ROLES, role)

    def shows_quota(self, role: str) -> bool:
        """By the role's name."""
        return self._allows(Action.GET_QUOTAS, role)

    @property
    def shows_maintenance_schedule(self) -> bool:
        """All of it, or nothing."""
        return self._allows(Action.GET_MAINTENANCE_SCHEDULES, None)

    @property
    def shows_maintenance_status(self) -> bool:
        """All of it, or nothing."""
        return self._allows(Action.GET_MAINTENANCE_STATUSES, None)

    def find_flags_refusal(self) -> str | None:
        """Why the flags are not shown; what only is left out elsewhere is refused here."""
        return self.permissions.find_refusal(self.principal, Action.VIEW_FLAGS)

    def find_endpoint_refusal(self, path: str) -> str | None:
        """Why an endpoint is closed: one of those that get_endpoints can name."""
        return self.permissions.find_refusal(self.principal, Action.GET_ENDPOINTS, path)

    def find_logs_refusal(self) -> str | None:
        """Why the log of the daemon may not be read."""
        return self.permissions.find_refusal(self.principal, Action.ACCESS_MESOS_LOGS)

    def find_log_level_refusal(self) -> str | None:
        """Why the level of logging may not be changed."""
        return self.permissions.find_refusal(self.principal, Action.SET_LOG_LEVEL)

    def shows_container(self, user: str) -> bool:
        """By the user that its executor runs as."""
        return self._allows(Action.VIEW_CONTAINERS, user)

    def find_refusal(self, action: Action, target: str | None = None) -> str | None:
        """Why something else may not be done."""
        return self.permissions.find_refusal(self.principal, action, target)

    def _allows(self, action: Action, target: str | None) -> bool:
        if not self.hides_some(action):
            return True
        key = (action, target)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.permissions.allows(self.principal, action, target)
        return known


ALL = Visibility()


def task_user(framework: FrameworkInfo, task: TaskInfo) -> str:
    """The user that a task runs as."""
    commands = (task.command, None if task.executor is None else task.executor.command)
    return next((one.user for one in commands if one is not None and one.user), framework.user)


def executor_user(framework: FrameworkInfo, executor: ExecutorInfo) -> str:
    """The user that an executor runs as."""
    command = executor.command
    return (command.user if command is not None else None) or framework.user
