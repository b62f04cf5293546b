"""The operator API of an agent (mesos-operator-api 1.4)."""

AGENT = """
message Call: type=1 .Type, get_metrics=2 .GetMetrics, set_logging_level=3 .SetLoggingLevel,
    list_files=4 .ListFiles, read_file=5 .ReadFile, get_containers=20 .GetContainers,
    launch_nested_container=6 .LaunchNestedContainer~, wait_nested_container=7 .WaitNestedContainer~,
    kill_nested_container=8 .KillNestedContainer~, remove_nested_container=12 .RemoveNestedContainer~,
    launch_nested_container_session=9 .LaunchNestedContainerSession,
    attach_container_input=10 .AttachContainerInput, attach_container_output=11 .AttachContainerOutput,
    launch_container=13 .LaunchContainer, wait_container=14 .WaitContainer, kill_container=15 .KillContainer,
    remove_container=16 .RemoveContainer, add_resource_provider_config=17 .AddResourceProviderConfig,
    update_resource_provider_config=18 .UpdateResourceProviderConfig,
    remove_resource_provider_config=19 .RemoveResourceProviderConfig,
    mark_resource_provider_gone=22 .MarkResourceProviderGone, prune_images=21 .PruneImages
enum Call.Type: UNKNOWN=0, GET_HEALTH=1, GET_FLAGS=2, GET_VERSION=3, GET_METRICS=4, GET_LOGGING_LEVEL=5,
    SET_LOGGING_LEVEL=6, LIST_FILES=7, READ_FILE=8, GET_STATE=9, GET_CONTAINERS=10, GET_FRAMEWORKS=11,
    GET_EXECUTORS=12, GET_OPERATIONS=31, GET_TASKS=13, GET_AGENT=20, GET_RESOURCE_PROVIDERS=26,
    LAUNCH_NESTED_CONTAINER=14, WAIT_NESTED_CONTAINER=15, KILL_NESTED_CONTAINER=16, REMOVE_NESTED_CONTAINER=21,
    LAUNCH_NESTED_CONTAINER_SESSION=17, ATTACH_CONTAINER_INPUT=18, ATTACH_CONTAINER_OUTPUT=19, LAUNCH_CONTAINER=22,
    WAIT_CONTAINER=23, KILL_CONTAINER=24, REMOVE_CONTAINER=25, ADD_RESOURCE_PROVIDER_CONFIG=27,
    UPDATE_RESOURCE_PROVIDER_CONFIG=28, REMOVE_RESOURCE_PROVIDER_CONFIG=29, MARK_RESOURCE_PROVIDER_GONE=32,
    PRUNE_IMAGES=30
message Call.GetMetrics: timeout=1 DurationInfo
message Call.SetLoggingLevel: level=1 uint32!, duration=2 DurationInfo!
message Call.ListFiles: path=1 string!
message Call.ReadFile: path=1 string!, offset=2 uint64!, length=3 uint64
message Call.GetContainers: show_nested=1 bool, show_standalone=2 bool
message Call.LaunchNestedContainer: container_id=1 ContainerID!, command=2 CommandInfo, container=3 ContainerInfo
message Call.WaitNestedContainer: container_id=1 ContainerID!
message Call.KillNestedContainer: container_id=1 ContainerID!, signal=2 int32
message Call.RemoveNestedContainer: container_id=1 ContainerID!
message Call.LaunchNestedContainerSession: container_id=1 ContainerID!, command=2 CommandInfo,
    container=3 ContainerInfo
message Call.AttachContainerInput: type=1 .Type, container_id=2 ContainerID, process_io=3 ProcessIO
enum Call.AttachContainerInput.Type: UNKNOWN=0, CONTAINER_ID=1, PROCESS_IO=2
message Call.AttachContainerOutput: container_id=1 ContainerID!
message Call.LaunchContainer: container_id=1 ContainerID!, command=2 CommandInfo, resources=3 Resource*,
    container=4 ContainerInfo, limits=5 map<string,Value.Scalar>
message Call.WaitContainer: container_id=1 ContainerID!
message Call.KillContainer: container_id=1 ContainerID!, signal=2 int32
message Call.RemoveContainer: container_id=1 ContainerID!
message Call.AddResourceProviderConfig: info=1 ResourceProviderInfo!
message Call.UpdateResourceProviderConfig: info=1 ResourceProviderInfo!
message Call.RemoveResourceProviderConfig: type=1 string!, name=2 string!
message Call.MarkResourceProviderGone: resource_provider_id=1 ResourceProviderID!
message Call.PruneImages: excluded_images=1 Image*
message Response: type=1 .Type, get_health=2 .GetHealth, get_flags=3 .GetFlags, get_version=4 .GetVersion,
    get_metrics=5 .GetMetrics, get_logging_level=6 .GetLoggingLevel, list_files=7 .ListFiles, read_file=8 .ReadFile,
    get_state=9 .GetState, get_containers=10 .GetContainers, get_frameworks=11 .GetFrameworks,
    get_executors=12 .GetExecutors, get_operations=18 .GetOperations, get_tasks=13 .GetTasks,
    get_agent=15 .GetAgent, get_resource_providers=17 .GetResourceProviders,
    wait_nested_container=14 .WaitNestedContainer, wait_container=16 .WaitContainer
enum Response.Type: UNKNOWN=0, GET_HEALTH=1, GET_FLAGS=2, GET_VERSION=3, GET_METRICS=4, GET_LOGGING_LEVEL=5,
    LIST_FILES=6, READ_FILE=7, GET_STATE=8, GET_CONTAINERS=9, GET_FRAMEWORKS=10, GET_EXECUTORS=11,
    GET_OPERATIONS=17, GET_TASKS=12, GET_AGENT=14, GET_RESOURCE_PROVIDERS=16, WAIT_NESTED_CONTAINER=13,
    WAIT_CONTAINER=15
message Response.GetHealth: healthy=1 bool!
message Response.GetFlags: flags=1 Flag*
message Response.GetVersion: version_info=1 VersionInfo!
message Response.GetMetrics: metrics=1 Metric*
message Response.GetLoggingLevel: level=1 uint32!
message Response.ListFiles: file_infos=1 FileInfo*
message Response.ReadFile: size=1 uint64!, data=2 bytes!
message Response.GetState: get_tasks=1 ..GetTasks, get_executors=2 ..GetExecutors, get_frameworks=3 ..GetFrameworks
message Response.GetContainers: containers=1 .Container*
message Response.GetContainers.Container: framework_id=1 FrameworkID, executor_id=2 ExecutorID,
    executor_name=3 string, container_id=4 ContainerID!, container_status=5 ContainerStatus,
    resource_statistics=6 ResourceStatistics
message Response.GetFrameworks: frameworks=1 .Framework*, completed_frameworks=2 .Framework*
message Response.GetFrameworks.Framework: framework_info=1 FrameworkInfo!
message Response.GetExecutors: executors=1 .Executor*, completed_executors=2 .Executor*
message Response.GetExecutors.Executor: executor_info=1 ExecutorInfo!
message Response.GetOperations: operations=1 Operation*
message Response.GetTasks: pending_tasks=1 Task*, queued_tasks=2 Task*, launched_tasks=3 Task*,
    terminated_tasks=4 Task*, completed_tasks=5 Task*
message Response.GetAgent: agent_info=1 AgentInfo, drain_config=2 DrainConfig, estimated_drain_start_time=3 TimeInfo
message Response.GetResourceProviders: resource_providers=1 .ResourceProvider*
message Response.GetResourceProviders.ResourceProvider: resource_provider_info=1 ResourceProviderInfo!,
    total_resources=2 Resource*
message Response.WaitNestedContainer: exit_status=1 int32, state=2 TaskState, reason=3 TaskStatus.Reason,
    limitation=4 TaskResourceLimitation, message=5 string
message Response.WaitContainer: exit_status=1 int32, state=2 TaskState, reason=3 TaskStatus.Reason,
    limitation=4 TaskResourceLimitation, message=5 string
message ProcessIO: type=1 .Type, data=2 .Data, control=3 .Control
enum ProcessIO.Type: UNKNOWN=0, DATA=1, CONTROL=2
message ProcessIO.Data: type=1 .Type, data=2 bytes
enum ProcessIO.Data.Type: UNKNOWN=0, STDIN=1, STDOUT=2, STDERR=3
message ProcessIO.Control: type=1 .Type, tty_info=2 TTYInfo, heartbeat=3 .Heartbeat
enum ProcessIO.Control.Type: UNKNOWN=0, TTY_INFO=1, HEARTBEAT=2
message ProcessIO.Control.Heartbeat: interval=1 DurationInfo
"""
