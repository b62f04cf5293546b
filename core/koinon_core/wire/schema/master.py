"""The operator API of a master (mesos-operator-api 1.1)."""

MASTER = """
message Call: type=1 .Type, get_metrics=2 .GetMetrics, set_logging_level=3 .SetLoggingLevel,
    list_files=4 .ListFiles, read_file=5 .ReadFile, update_weights=6 .UpdateWeights,
    reserve_resources=7 .ReserveResources, unreserve_resources=8 .UnreserveResources,
    create_volumes=9 .CreateVolumes, destroy_volumes=10 .DestroyVolumes, grow_volume=18 .GrowVolume,
    shrink_volume=19 .ShrinkVolume, update_maintenance_schedule=11 .UpdateMaintenanceSchedule,
    start_maintenance=12 .StartMaintenance, stop_maintenance=13 .StopMaintenance, drain_agent=21 .DrainAgent,
    deactivate_agent=22 .DeactivateAgent, reactivate_agent=23 .ReactivateAgent, update_quota=20 .UpdateQuota,
    teardown=16 .Teardown, mark_agent_gone=17 .MarkAgentGone, set_quota=14 .SetQuota~, remove_quota=15 .RemoveQuota~
enum Call.Type: UNKNOWN=0, GET_HEALTH=1, GET_FLAGS=2, GET_VERSION=3, GET_METRICS=4, GET_LOGGING_LEVEL=5,
    SET_LOGGING_LEVEL=6, LIST_FILES=7, READ_FILE=8, GET_STATE=9, GET_AGENTS=10, GET_FRAMEWORKS=11, GET_EXECUTORS=12,
    GET_OPERATIONS=33, GET_TASKS=13, GET_ROLES=14, GET_WEIGHTS=15, UPDATE_WEIGHTS=16, GET_MASTER=17, SUBSCRIBE=18,
    RESERVE_RESOURCES=19, UNRESERVE_RESOURCES=20, CREATE_VOLUMES=21, DESTROY_VOLUMES=22, GROW_VOLUME=34,
    SHRINK_VOLUME=35, GET_MAINTENANCE_STATUS=23, GET_MAINTENANCE_SCHEDULE=24, UPDATE_MAINTENANCE_SCHEDULE=25,
    START_MAINTENANCE=26, STOP_MAINTENANCE=27, DRAIN_AGENT=37, DEACTIVATE_AGENT=38, REACTIVATE_AGENT=39,
    GET_QUOTA=28, UPDATE_QUOTA=36, SET_QUOTA=29, REMOVE_QUOTA=30, TEARDOWN=31, MARK_AGENT_GONE=32
message Call.GetMetrics: timeout=1 DurationInfo
message Call.SetLoggingLevel: level=1 uint32!, duration=2 DurationInfo!
message Call.ListFiles: path=1 string!
message Call.ReadFile: path=1 string!, offset=2 uint64!, length=3 uint64
message Call.UpdateWeights: weight_infos=1 WeightInfo*
message Call.ReserveResources: agent_id=1 AgentID!, source=3 Resource*, resources=2 Resource*
message Call.UnreserveResources: agent_id=1 AgentID!, resources=2 Resource*
message Call.CreateVolumes: agent_id=1 AgentID!, volumes=2 Resource*
message Call.DestroyVolumes: agent_id=1 AgentID!, volumes=2 Resource*
message Call.GrowVolume: agent_id=1 AgentID, volume=2 Resource!, addition=3 Resource!
message Call.ShrinkVolume: agent_id=1 AgentID, volume=2 Resource!, subtract=3 Value.Scalar!
message Call.UpdateMaintenanceSchedule: schedule=1 maintenance.Schedule!
message Call.StartMaintenance: machines=1 MachineID*
message Call.StopMaintenance: machines=1 MachineID*
message Call.DrainAgent: agent_id=1 AgentID!, max_grace_period=2 google.protobuf.Duration, mark_gone=3 bool(=false)
message Call.DeactivateAgent: agent_id=1 AgentID!
message Call.ReactivateAgent: agent_id=1 AgentID!
message Call.UpdateQuota: force=1 bool, quota_configs=2 quota.QuotaConfig*
message Call.SetQuota: quota_request=1 quota.QuotaRequest!
message Call.RemoveQuota: role=1 string!
message Call.Teardown: framework_id=1 FrameworkID!
message Call.MarkAgentGone: agent_id=1 AgentID!
message Response: type=1 .Type, get_health=2 .GetHealth, get_flags=3 .GetFlags, get_version=4 .GetVersion,
    get_metrics=5 .GetMetrics, get_logging_level=6 .GetLoggingLevel, list_files=7 .ListFiles, read_file=8 .ReadFile,
    get_state=9 .GetState, get_agents=10 .GetAgents, get_frameworks=11 .GetFrameworks,
    get_executors=12 .GetExecutors, get_operations=20 .GetOperations, get_tasks=13 .GetTasks,
    get_roles=14 .GetRoles, get_weights=15 .GetWeights, get_master=16 .GetMaster,
    get_maintenance_status=17 .GetMaintenanceStatus, get_maintenance_schedule=18 .GetMaintenanceSchedule,
    get_quota=19 .GetQuota
enum Response.Type: UNKNOWN=0, GET_HEALTH=1, GET_FLAGS=2, GET_VERSION=3, GET_METRICS=4, GET_LOGGING_LEVEL=5,
    LIST_FILES=6, READ_FILE=7, GET_STATE=8, GET_AGENTS=9, GET_FRAMEWORKS=10, GET_EXECUTORS=11, GET_OPERATIONS=19,
    GET_TASKS=12, GET_ROLES=13, GET_WEIGHTS=14, GET_MASTER=15, GET_MAINTENANCE_STATUS=16,
    GET_MAINTENANCE_SCHEDULE=17, GET_QUOTA=18
message Response.GetHealth: healthy=1 bool!
message Response.GetFlags: flags=1 Flag*
message Response.GetVersion: version_info=1 VersionInfo!
message Response.GetMetrics: metrics=1 Metric*
message Response.GetLoggingLevel: level=1 uint32!
message Response.ListFiles: file_infos=1 FileInfo*
message Response.ReadFile: size=1 uint64!, data=2 bytes!
message Response.GetState: get_tasks=1 ..GetTasks, get_executors=2 ..GetExecutors, get_frameworks=3 ..GetFrameworks,
    get_agents=4 ..GetAgents
message Response.GetAgents: agents=1 .Agent*, recovered_agents=2 AgentInfo*
message Response.GetAgents.Agent: agent_info=1 AgentInfo!, active=2 bool!, deactivated=12 bool, version=3 string!,
    pid=4 string, registered_time=5 TimeInfo, reregistered_time=6 TimeInfo, total_resources=7 Resource*,
    allocated_resources=8 Resource*, offered_resources=9 Resource*, capabilities=10 AgentInfo.Capability*,
    resource_providers=11 .ResourceProvider*, drain_info=13 DrainInfo, estimated_drain_start_time=14 TimeInfo
message Response.GetAgents.Agent.ResourceProvider: resource_provider_info=1 ResourceProviderInfo!,
    total_resources=2 Resource*
message Response.GetFrameworks: frameworks=1 .Framework*, completed_frameworks=2 .Framework*,
    recovered_frameworks=3 FrameworkInfo*~
message Response.GetFrameworks.Framework: framework_info=1 FrameworkInfo!, active=2 bool!, connected=3 bool!,
    recovered=11 bool!, registered_time=4 TimeInfo, reregistered_time=5 TimeInfo, unregistered_time=6 TimeInfo,
    offers=7 Offer*, inverse_offers=8 InverseOffer*, allocated_resources=9 Resource*,
    offered_resources=10 Resource*, offer_constraints=12 scheduler.OfferConstraints
message Response.GetExecutors: executors=1 .Executor*, orphan_executors=2 .Executor*~
message Response.GetExecutors.Executor: executor_info=1 ExecutorInfo!, agent_id=2 AgentID!
message Response.GetOperations: operations=1 Operation*
message Response.GetTasks: pending_tasks=1 Task*~, tasks=2 Task*, unreachable_tasks=5 Task*,
    completed_tasks=3 Task*, orphan_tasks=4 Task*~
message Response.GetRoles: roles=1 Role*
message Response.GetWeights: weight_infos=1 WeightInfo*
message Response.GetMaster: master_info=1 MasterInfo, start_time=2 double, elected_time=3 double
message Response.GetMaintenanceStatus: status=1 maintenance.ClusterStatus!
message Response.GetMaintenanceSchedule: schedule=1 maintenance.Schedule!
message Response.GetQuota: status=1 quota.QuotaStatus!
message Event: type=1 .Type, subscribed=2 .Subscribed, task_added=3 .TaskAdded, task_updated=4 .TaskUpdated,
    agent_added=5 .AgentAdded, agent_removed=6 .AgentRemoved, framework_added=7 .FrameworkAdded,
    framework_updated=8 .FrameworkUpdated, framework_removed=9 .FrameworkRemoved
enum Event.Type: UNKNOWN=0, SUBSCRIBED=1, TASK_ADDED=2, TASK_UPDATED=3, AGENT_ADDED=4, AGENT_REMOVED=5,
    FRAMEWORK_ADDED=6, FRAMEWORK_UPDATED=7, FRAMEWORK_REMOVED=8, HEARTBEAT=9
message Event.Subscribed: get_state=1 Response.GetState, heartbeat_interval_seconds=2 double
message Event.TaskAdded: task=1 Task!
message Event.TaskUpdated: framework_id=1 FrameworkID!, status=2 TaskStatus!, state=3 TaskState!
message Event.FrameworkAdded: framework=1 Response.GetFrameworks.Framework!
message Event.FrameworkUpdated: framework=1 Response.GetFrameworks.Framework!
message Event.FrameworkRemoved: framework_info=1 FrameworkInfo!
message Event.AgentAdded: agent=1 Response.GetAgents.Agent!
message Event.AgentRemoved: agent_id=1 AgentID!
"""
