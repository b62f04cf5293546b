"""Quota, maintenance and the answers to inverse offers (mesos-operator-api 1.2), and the one message of Google's.

Its Duration is an object of seconds and nanoseconds here (mesos-v1-api 1.3), not a text like ``600s``.
"""

DURATION = """
message Duration: seconds=1 int64, nanos=2 int32
"""

QUOTA = """
message QuotaInfo: role=1 string, principal=2 string, guarantee=3 Resource*
message QuotaRequest: force=1 bool, role=2 string, guarantee=3 Resource*
message QuotaConfig: role=1 string!, guarantees=2 map<string,Value.Scalar>, limits=3 map<string,Value.Scalar>
message QuotaStatus: infos=1 QuotaInfo*~, configs=2 QuotaConfig*
"""

MAINTENANCE = """
message Window: machine_ids=1 MachineID*, unavailability=2 Unavailability!
message Schedule: windows=1 Window*
message ClusterStatus: draining_machines=1 .DrainingMachine*, down_machines=2 MachineID*
message ClusterStatus.DrainingMachine: id=1 MachineID!, statuses=2 allocator.InverseOfferStatus*
"""

ALLOCATOR = """
message InverseOfferStatus: status=1 .Status!, framework_id=2 FrameworkID!, timestamp=3 TimeInfo!
enum InverseOfferStatus.Status: UNKNOWN=1, ACCEPT=2, DECLINE=3
"""
