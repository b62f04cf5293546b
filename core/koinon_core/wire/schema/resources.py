"""Resources, attributes, offers and operations (mesos-v1-api 4.2)."""

RESOURCES = """
message Value: type=1 .Type!, scalar=2 .Scalar, ranges=3 .Ranges, set=4 .Set, text=5 .Text
enum Value.Type: SCALAR=0, RANGES=1, SET=2, TEXT=3
message Value.Scalar: value=1 double!
message Value.Range: begin=1 uint64!, end=2 uint64!
message Value.Ranges: range=1 ..Range*
message Value.Set: item=1 string*
message Value.Text: value=1 string!
message Attribute: name=1 string!, type=2 Value.Type!, scalar=3 Value.Scalar, ranges=4 Value.Ranges,
    set=6 Value.Set, text=5 Value.Text
message Resource: provider_id=12 ResourceProviderID, name=1 string!, type=2 Value.Type!, scalar=3 Value.Scalar,
    ranges=4 Value.Ranges, set=5 Value.Set, role=6 string(=*)~, allocation_info=11 .AllocationInfo,
    reservation=8 .ReservationInfo, reservations=13 .ReservationInfo*, disk=7 .DiskInfo, revocable=9 .RevocableInfo,
    shared=10 .SharedInfo
message Resource.AllocationInfo: role=1 string
message Resource.ReservationInfo: type=4 .Type, role=3 string, principal=1 string, labels=2 Labels
enum Resource.ReservationInfo.Type: UNKNOWN=0, STATIC=1, DYNAMIC=2
message Resource.DiskInfo: persistence=1 .Persistence, volume=2 Volume, source=3 .Source
message Resource.DiskInfo.Persistence: id=1 string!, principal=2 string
message Resource.DiskInfo.Source: type=1 .Type!, path=2 .Path, mount=3 .Mount, vendor=7 string, id=4 string,
    metadata=5 Labels, profile=6 string
enum Resource.DiskInfo.Source.Type: UNKNOWN=0, PATH=1, MOUNT=2, BLOCK=3, RAW=4
message Resource.DiskInfo.Source.Path: root=1 string
message Resource.DiskInfo.Source.Mount: root=1 string
message Resource.RevocableInfo:
message Resource.SharedInfo:
message Request: agent_id=1 AgentID, resources=2 Resource*
message Filters: refuse_seconds=1 double(=5)
message Offer: id=1 OfferID!, framework_id=2 FrameworkID!, agent_id=3 AgentID!, hostname=4 string!, url=8 URL,
    domain=11 DomainInfo, resources=5 Resource*, attributes=7 Attribute*, executor_ids=6 ExecutorID*,
    unavailability=9 Unavailability, allocation_info=10 Resource.AllocationInfo
message InverseOffer: id=1 OfferID!, url=2 URL, framework_id=3 FrameworkID!, agent_id=4 AgentID,
    unavailability=5 Unavailability!, resources=6 Resource*
message Offer.Operation: type=1 .Type, id=12 OperationID, launch=2 .Launch, launch_group=7 .LaunchGroup,
    reserve=3 .Reserve, unreserve=4 .Unreserve, create=5 .Create, destroy=6 .Destroy, grow_volume=13 .GrowVolume,
    shrink_volume=14 .ShrinkVolume, create_disk=15 .CreateDisk, destroy_disk=16 .DestroyDisk
enum Offer.Operation.Type: UNKNOWN=0, LAUNCH=1, LAUNCH_GROUP=6, RESERVE=2, UNRESERVE=3, CREATE=4, DESTROY=5,
    GROW_VOLUME=11, SHRINK_VOLUME=12, CREATE_DISK=13, DESTROY_DISK=14
message Offer.Operation.Launch: task_infos=1 TaskInfo*
message Offer.Operation.LaunchGroup: executor=1 ExecutorInfo!, task_group=2 TaskGroupInfo!
message Offer.Operation.Reserve: source=2 Resource*, resources=1 Resource*
message Offer.Operation.Unreserve: resources=1 Resource*
message Offer.Operation.Create: volumes=1 Resource*
message Offer.Operation.Destroy: volumes=1 Resource*
message Offer.Operation.GrowVolume: volume=1 Resource!, addition=2 Resource!
message Offer.Operation.ShrinkVolume: volume=1 Resource!, subtract=2 Value.Scalar!
message Offer.Operation.CreateDisk: source=1 Resource!, target_type=2 Resource.DiskInfo.Source.Type!,
    target_profile=3 string
message Offer.Operation.DestroyDisk: source=1 Resource!
message Operation: framework_id=1 FrameworkID, agent_id=2 AgentID, info=3 Offer.Operation!,
    latest_status=4 OperationStatus!, statuses=5 OperationStatus*, uuid=6 UUID!
message OperationStatus: operation_id=1 OperationID, state=2 OperationState!, message=3 string,
    converted_resources=4 Resource*, uuid=5 UUID, agent_id=6 AgentID, resource_provider_id=7 ResourceProviderID
enum OperationState: OPERATION_UNSUPPORTED=0, OPERATION_PENDING=1, OPERATION_FINISHED=2, OPERATION_FAILED=3,
    OPERATION_ERROR=4, OPERATION_DROPPED=5, OPERATION_UNREACHABLE=6, OPERATION_GONE_BY_OPERATOR=7,
    OPERATION_RECOVERING=8, OPERATION_UNKNOWN=9
"""
