"""The tagged unions of the wire: which ``type`` stands for which class, and under which key its body lies.

The fields of ordinary messages need no table: they are called on the wire as they are called in ``koinon_core``.
"""

from collections.abc import Mapping

from attrs import field, frozen

from .. import agent_link, scheduler_api


@frozen
class TaggedUnion:
    """A message whose ``type`` says which one of its fields is set: ``{"type": "KILL", "kill": {...}}``."""

    classes: Mapping[str, type]
    names: Mapping[type, str] = field(init=False)

    @names.default
    def _invert(self) -> dict[type, str]:
        return {cls: name for name, cls in self.classes.items()}


SCHEDULER_CALLS = TaggedUnion(
    {
        "SUBSCRIBE": scheduler_api.Subscribe,
        "TEARDOWN": scheduler_api.Teardown,
        "ACCEPT": scheduler_api.Accept,
        "DECLINE": scheduler_api.Decline,
        "REVIVE": scheduler_api.Revive,
        "SUPPRESS": scheduler_api.Suppress,
        "KILL": scheduler_api.Kill,
        "SHUTDOWN": scheduler_api.Shutdown,
        "ACKNOWLEDGE": scheduler_api.Acknowledge,
        "RECONCILE": scheduler_api.Reconcile,
        "MESSAGE": scheduler_api.Message,
        "REQUEST": scheduler_api.Request,
    }
)

SCHEDULER_EVENTS = TaggedUnion(
    {
        "SUBSCRIBED": scheduler_api.Subscribed,
        "OFFERS": scheduler_api.Offers,
        "RESCIND": scheduler_api.Rescind,
        "UPDATE": scheduler_api.Update,
        "MESSAGE": scheduler_api.Message,
        "FAILURE": scheduler_api.Failure,
        "ERROR": scheduler_api.Error,
        "HEARTBEAT": scheduler_api.Heartbeat,
    }
)

AGENT_MESSAGES = TaggedUnion(
    {
        "REGISTER": agent_link.Register,
        "STATUS_UPDATE": agent_link.StatusUpdate,
        "EXECUTOR_MESSAGE": agent_link.ExecutorMessage,
        "UNREGISTER": agent_link.Unregister,
    }
)

MASTER_MESSAGES = TaggedUnion(
    {
        "REGISTERED": agent_link.Registered,
        "REFUSED": agent_link.Refused,
        "RUN_TASK": agent_link.RunTask,
        "KILL_TASK": agent_link.KillTask,
        "ACKNOWLEDGE_UPDATE": agent_link.AcknowledgeUpdate,
        "RECONCILE_TASKS": agent_link.ReconcileTasks,
        "SHUTDOWN_FRAMEWORK": agent_link.ShutdownFramework,
        "SHUTDOWN_EXECUTOR": agent_link.ShutdownExecutor,
        "FRAMEWORK_MESSAGE": agent_link.FrameworkMessage,
        "SHUTDOWN_AGENT": agent_link.ShutdownAgent,
    }
)
