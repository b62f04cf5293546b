"""Frameworks, agents, masters and domains (mesos-v1-api 4.1)."""

CLUSTER = """
message FrameworkID: value=1 string!
message OfferID: value=1 string!
message AgentID: value=1 string!
message TaskID: value=1 string!
message ExecutorID: value=1 string!
message ContainerID: value=1 string!, parent=2 ContainerID
message ResourceProviderID: value=1 string!
message OperationID: value=1 string!
message UUID: value=1 bytes!
message TimeInfo: nanoseconds=1 int64!
message DurationInfo: nanoseconds=1 int64!
message Address: hostname=1 string, ip=2 string, port=3 int32!
message URL: scheme=1 string!, address=2 Address!, path=3 string, query=4 Parameter*, fragment=5 string
message Unavailability: start=1 TimeInfo!, duration=2 DurationInfo
message MachineID: hostname=1 string, ip=2 string
message MachineInfo: id=1 MachineID!, mode=2 .Mode, unavailability=3 Unavailability
enum MachineInfo.Mode: UP=1, DRAINING=2, DOWN=3
message FrameworkInfo: user=1 string!, name=2 string!, id=3 FrameworkID, failover_timeout=4 double(=0),
    checkpoint=5 bool(=false), role=6 string(=*)~, roles=12 string*, hostname=7 string, principal=8 string,
    webui_url=9 string, capabilities=10 .Capability*, labels=11 Labels, offer_filters=13 map<string,OfferFilters>
message FrameworkInfo.Capability: type=1 .Type
enum FrameworkInfo.Capability.Type: UNKNOWN=0, REVOCABLE_RESOURCES=1, TASK_KILLING_STATE=2, GPU_RESOURCES=3,
    SHARED_RESOURCES=4, PARTITION_AWARE=5, MULTI_ROLE=6, RESERVATION_REFINEMENT=7, REGION_AWARE=8
message OfferFilters: min_allocatable_resources=1 .MinAllocatableResources
message OfferFilters.ResourceQuantities: quantities=1 map<string,Value.Scalar>
message OfferFilters.MinAllocatableResources: quantities=1 ..ResourceQuantities*
message DomainInfo: fault_domain=1 .FaultDomain
message DomainInfo.FaultDomain: region=1 .RegionInfo!, zone=2 .ZoneInfo!
message DomainInfo.FaultDomain.RegionInfo: name=1 string!
message DomainInfo.FaultDomain.ZoneInfo: name=1 string!
message MasterInfo: id=1 string!, ip=2 uint32!, port=3 uint32!(=5050), pid=4 string, hostname=5 string,
    version=6 string, address=7 Address, domain=8 DomainInfo, capabilities=9 .Capability*
message MasterInfo.Capability: type=1 .Type
enum MasterInfo.Capability.Type: UNKNOWN=0, AGENT_UPDATE=1, AGENT_DRAINING=2, QUOTA_V2=3
message AgentInfo: hostname=1 string!, port=8 int32(=5051), resources=3 Resource*, attributes=5 Attribute*,
    id=6 AgentID, domain=10 DomainInfo
message AgentInfo.Capability: type=1 .Type
enum AgentInfo.Capability.Type: UNKNOWN=0, MULTI_ROLE=1, HIERARCHICAL_ROLE=2, RESERVATION_REFINEMENT=3,
    RESOURCE_PROVIDER=4, RESIZE_VOLUME=5, AGENT_OPERATION_FEEDBACK=6, AGENT_DRAINING=7, TASK_RESOURCE_LIMITS=8
message DrainConfig: max_grace_period=1 DurationInfo, mark_gone=2 bool(=false)
message DrainInfo: state=1 DrainState!, config=2 DrainConfig!
enum DrainState: UNKNOWN=0, DRAINING=1, DRAINED=2
message VersionInfo: version=1 string!, build_date=2 string, build_time=3 double, build_user=4 string,
    git_sha=5 string, git_branch=6 string, git_tag=7 string
message Role: name=1 string!, weight=2 double!, frameworks=3 FrameworkID*, resources=4 Resource*
message WeightInfo: weight=1 double!, role=2 string
message Credential: principal=1 string!, secret=2 string
message Credentials: credentials=1 Credential*
message RateLimit: qps=1 double, principal=2 string!, capacity=3 uint64
message RateLimits: limits=1 RateLimit*, aggregate_default_qps=2 double, aggregate_default_capacity=3 uint64
"""
