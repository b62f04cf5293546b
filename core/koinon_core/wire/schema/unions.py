"""The tagged unions of the wire: which ``type`` stands for which class, and under which key its body lies.

The fields of ordinary messages need no table: they are called on the wire as they are called in ``koinon_core``.
"""

from collections.abc import Mapping

from attrs import field, frozen

from ... import agent_api, agent_link, executor_api, operator_api, scheduler_api


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
        "ACCEPT_INVERSE_OFFERS": scheduler_api.AcceptInverseOffers,
        "DECLINE_INVERSE_OFFERS": scheduler_api.DeclineInverseOffers,
        "REVIVE": scheduler_api.Revive,
        "SUPPRESS": scheduler_api.Suppress,
        "KILL": scheduler_api.Kill,
        "SHUTDOWN": scheduler_api.Shutdown,
        "ACKNOWLEDGE": scheduler_api.Acknowledge,
        "ACKNOWLEDGE_OPERATION_STATUS": scheduler_api.AcknowledgeOperationStatus,
        "RECONCILE": scheduler_api.Reconcile,
        "RECONCILE_OPERATIONS": scheduler_api.ReconcileOperations,
        "MESSAGE": scheduler_api.Message,
        "REQUEST": scheduler_api.Request,
        "UPDATE_FRAMEWORK": scheduler_api.UpdateFramework,
        "UNKNOWN": scheduler_api.Unknown,
    }
)

SCHEDULER_EVENTS = TaggedUnion(
    {
        "SUBSCRIBED": scheduler_api.Subscribed,
        "OFFERS": scheduler_api.Offers,
        "INVERSE_OFFERS": scheduler_api.InverseOffers,
        "RESCIND": scheduler_api.Rescind,
        "RESCIND_INVERSE_OFFER": scheduler_api.RescindInverseOffer,
        "UPDATE": scheduler_api.Update,
        "UPDATE_OPERATION_STATUS": scheduler_api.UpdateOperationStatus,
        "MESSAGE": scheduler_api.Message,
        "FAILURE": scheduler_api.Failure,
        "ERROR": scheduler_api.Error,
        "HEARTBEAT": scheduler_api.Heartbeat,
    }
)

EXECUTOR_CALLS = TaggedUnion(
    {
        "SUBSCRIBE": executor_api.Subscribe,
        "UPDATE": executor_api.Update,
        "MESSAGE": executor_api.Message,
        "HEARTBEAT": executor_api.Heartbeat,
        "UNKNOWN": executor_api.Unknown,
    }
)

EXECUTOR_EVENTS = TaggedUnion(
    {
        "SUBSCRIBED": executor_api.Subscribed,
        "LAUNCH": executor_api.Launch,
        "LAUNCH_GROUP": executor_api.LaunchGroup,
        "KILL": executor_api.Kill,
        "ACKNOWLEDGED": executor_api.Acknowledged,
        "MESSAGE": executor_api.Message,
        "ERROR": executor_api.Error,
        "SHUTDOWN": executor_api.Shutdown,
        "HEARTBEAT": executor_api.Heartbeat,
    }
)

OPERATOR_CALLS = TaggedUnion(
    {
        "GET_HEALTH": operator_api.GetHealth,
        "GET_FLAGS": operator_api.GetFlags,
        "GET_VERSION": operator_api.GetVersion,
        "GET_METRICS": operator_api.GetMetrics,
        "GET_LOGGING_LEVEL": operator_api.GetLoggingLevel,
        "SET_LOGGING_LEVEL": operator_api.SetLoggingLevel,
        "LIST_FILES": operator_api.ListFiles,
        "READ_FILE": operator_api.ReadFile,
        "GET_STATE": operator_api.GetState,
        "GET_AGENTS": operator_api.GetAgents,
        "GET_FRAMEWORKS": operator_api.GetFrameworks,
        "GET_EXECUTORS": operator_api.GetExecutors,
        "GET_OPERATIONS": operator_api.GetOperations,
        "GET_TASKS": operator_api.GetTasks,
        "GET_ROLES": operator_api.GetRoles,
        "GET_WEIGHTS": operator_api.GetWeights,
        "UPDATE_WEIGHTS": operator_api.UpdateWeights,
        "GET_MASTER": operator_api.GetMaster,
        "SUBSCRIBE": operator_api.SubscribeToEvents,
        "RESERVE_RESOURCES": operator_api.ReserveResources,
        "UNRESERVE_RESOURCES": operator_api.UnreserveResources,
        "CREATE_VOLUMES": operator_api.CreateVolumes,
        "DESTROY_VOLUMES": operator_api.DestroyVolumes,
        "GROW_VOLUME": operator_api.GrowVolume,
        "SHRINK_VOLUME": operator_api.ShrinkVolume,
        "GET_MAINTENANCE_STATUS": operator_api.GetMaintenanceStatus,
        "GET_MAINTENANCE_SCHEDULE": operator_api.GetMaintenanceSchedule,
        "UPDATE_MAINTENANCE_SCHEDULE": operator_api.UpdateMaintenanceSchedule,
        "START_MAINTENANCE": operator_api.StartMaintenance,
        "STOP_MAINTENANCE": operator_api.StopMaintenance,
        "DRAIN_AGENT": operator_api.DrainAgent,
        "DEACTIVATE_AGENT": operator_api.DeactivateAgent,
        "REACTIVATE_AGENT": operator_api.ReactivateAgent,
        "GET_QUOTA": operator_api.GetQuota,
        "UPDATE_QUOTA": operator_api.UpdateQuota,
        "SET_QUOTA": operator_api.SetQuota,
        "REMOVE_QUOTA": operator_api.RemoveQuota,
        "TEARDOWN": operator_api.TeardownFramework,
        "MARK_AGENT_GONE": operator_api.MarkAgentGone,
        "UNKNOWN": operator_api.Unknown,
    }
)

AGENT_CALLS = TaggedUnion(
    {
        "GET_HEALTH": operator_api.GetHealth,
        "GET_FLAGS": operator_api.GetFlags,
        "GET_VERSION": operator_api.GetVersion,
        "GET_METRICS": operator_api.GetMetrics,
        "GET_LOGGING_LEVEL": operator_api.GetLoggingLevel,
        "SET_LOGGING_LEVEL": operator_api.SetLoggingLevel,
        "LIST_FILES": operator_api.ListFiles,
        "READ_FILE": operator_api.ReadFile,
        "GET_STATE": operator_api.GetState,
        "GET_CONTAINERS": agent_api.GetContainers,
        "GET_FRAMEWORKS": operator_api.GetFrameworks,
        "GET_EXECUTORS": operator_api.GetExecutors,
        "GET_OPERATIONS": operator_api.GetOperations,
        "GET_TASKS": operator_api.GetTasks,
        "GET_AGENT": agent_api.GetAgent,
        "GET_RESOURCE_PROVIDERS": agent_api.GetResourceProviders,
        "LAUNCH_NESTED_CONTAINER": agent_api.LaunchNestedContainer,
        "WAIT_NESTED_CONTAINER": agent_api.WaitNestedContainer,
        "KILL_NESTED_CONTAINER": agent_api.KillNestedContainer,
        "REMOVE_NESTED_CONTAINER": agent_api.RemoveNestedContainer,
        "LAUNCH_NESTED_CONTAINER_SESSION": agent_api.LaunchNestedContainerSession,
        "ATTACH_CONTAINER_INPUT": agent_api.AttachContainerInput,
        "ATTACH_CONTAINER_OUTPUT": agent_api.AttachContainerOutput,
        "LAUNCH_CONTAINER": agent_api.LaunchContainer,
        "WAIT_CONTAINER": agent_api.WaitContainer,
        "KILL_CONTAINER": agent_api.KillContainer,
        "REMOVE_CONTAINER": agent_api.RemoveContainer,
        "ADD_RESOURCE_PROVIDER_CONFIG": agent_api.AddResourceProviderConfig,
        "UPDATE_RESOURCE_PROVIDER_CONFIG": agent_api.UpdateResourceProviderConfig,
        "REMOVE_RESOURCE_PROVIDER_CONFIG": agent_api.RemoveResourceProviderConfig,
        "MARK_RESOURCE_PROVIDER_GONE": agent_api.MarkResourceProviderGone,
        "PRUNE_IMAGES": agent_api.PruneImages,
        "UNKNOWN": operator_api.Unknown,
    }
)

AGENT_MESSAGES = TaggedUnion(
    {
        "REGISTER": agent_link.Register,
        "STATUS_UPDATE": agent_link.StatusUpdate,
        "EXECUTOR_MESSAGE": agent_link.ExecutorMessage,
        "UNREGISTER": agent_link.Unregister,
        "EXECUTOR_EXITED": agent_link.ExecutorExited,
        "OPERATION_UPDATE": agent_link.OperationUpdate,
        "USAGE_REPORT": agent_link.UsageReport,
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
        "RUN_TASK_GROUP": agent_link.RunTaskGroup,
        "APPLY_OPERATION": agent_link.ApplyOperation,
        "ACKNOWLEDGE_OPERATION": agent_link.AcknowledgeOperation,
        "RECONCILE_OPERATIONS": agent_link.ReconcileOperations,
        "DRAIN": agent_link.Drain,
        "REACTIVATE": agent_link.Reactivate,
        "DESCRIBE_FRAMEWORK": agent_link.DescribeFramework,
        "RESEND_UPDATES": agent_link.ResendUpdates,
    }
)
