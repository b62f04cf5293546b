"""Containers, networks, volumes and images (mesos-v1-api 4.4)."""

CONTAINERS = """
message ContainerInfo: type=1 .Type!, volumes=2 Volume*, hostname=4 string, docker=3 .DockerInfo,
    mesos=5 .MesosInfo, network_infos=7 NetworkInfo*, linux_info=8 LinuxInfo, rlimit_info=9 RLimitInfo,
    tty_info=10 TTYInfo
enum ContainerInfo.Type: DOCKER=1, MESOS=2
message ContainerInfo.DockerInfo: image=1 string!, network=2 .Network(=HOST), port_mappings=3 .PortMapping*,
    privileged=4 bool(=false), parameters=5 Parameter*, force_pull_image=6 bool, volume_driver=7 string~
enum ContainerInfo.DockerInfo.Network: HOST=1, BRIDGE=2, NONE=3, USER=4
message ContainerInfo.DockerInfo.PortMapping: host_port=1 uint32!, container_port=2 uint32!, protocol=3 string
message ContainerInfo.MesosInfo: image=1 Image
message Volume: mode=3 .Mode!, container_path=1 string!, host_path=2 string, image=4 Image, source=5 .Source
enum Volume.Mode: RW=1, RO=2
message Volume.Source: type=1 .Type, docker_volume=2 .DockerVolume, host_path=5 .HostPath,
    sandbox_path=3 .SandboxPath, secret=4 Secret, csi_volume=6 .CSIVolume
enum Volume.Source.Type: UNKNOWN=0, DOCKER_VOLUME=1, HOST_PATH=4, SANDBOX_PATH=2, SECRET=3, CSI_VOLUME=5
message Volume.Source.DockerVolume: driver=1 string, name=2 string!, driver_options=3 Parameters
message Volume.Source.HostPath: path=1 string!, mount_propagation=2 MountPropagation
message MountPropagation: mode=1 .Mode
enum MountPropagation.Mode: UNKNOWN=0, HOST_TO_CONTAINER=1, BIDIRECTIONAL=2
message Volume.Source.SandboxPath: type=1 .Type, path=2 string!
enum Volume.Source.SandboxPath.Type: UNKNOWN=0, SELF=1, PARENT=2
message Volume.Source.CSIVolume: plugin_name=1 string!, static_provisioning=2 .StaticProvisioning
message Volume.Source.CSIVolume.StaticProvisioning: volume_id=1 string!, volume_capability=2 ..VolumeCapability!,
    node_stage_secrets=3 map<string,Secret>, node_publish_secrets=4 map<string,Secret>,
    volume_context=5 map<string,string>
message Volume.Source.CSIVolume.VolumeCapability: block=1 .BlockVolume^, mount=2 .MountVolume^,
    access_mode=3 .AccessMode!
message Volume.Source.CSIVolume.VolumeCapability.BlockVolume:
message Volume.Source.CSIVolume.VolumeCapability.MountVolume: fs_type=1 string, mount_flags=2 string*
message Volume.Source.CSIVolume.VolumeCapability.AccessMode: mode=1 .Mode!
enum Volume.Source.CSIVolume.VolumeCapability.AccessMode.Mode: UNKNOWN=0, SINGLE_NODE_WRITER=1,
    SINGLE_NODE_READER_ONLY=2, MULTI_NODE_READER_ONLY=3, MULTI_NODE_SINGLE_WRITER=4, MULTI_NODE_MULTI_WRITER=5
message Image: type=1 .Type!, appc=2 .Appc, docker=3 .Docker, cached=4 bool(=true)
enum Image.Type: APPC=1, DOCKER=2
message Image.Appc: name=1 string!, id=2 string, labels=3 Labels
message Image.Docker: name=1 string!, credential=2 Credential~, config=3 Secret
message NetworkInfo: ip_addresses=5 .IPAddress*, name=6 string, groups=3 string*, labels=4 Labels,
    port_mappings=7 .PortMapping*
enum NetworkInfo.Protocol: IPv4=1, IPv6=2
message NetworkInfo.IPAddress: protocol=1 ..Protocol(=IPv4), ip_address=2 string
message NetworkInfo.PortMapping: host_port=1 uint32!, container_port=2 uint32!, protocol=3 string
message LinuxInfo: capability_info=1 CapabilityInfo~, bounding_capabilities=2 CapabilityInfo,
    effective_capabilities=3 CapabilityInfo, share_pid_namespace=4 bool, seccomp=5 SeccompInfo, ipc_mode=6 .IpcMode,
    shm_size=7 uint32, share_cgroups=8 bool(=true)
enum LinuxInfo.IpcMode: UNKNOWN=0, PRIVATE=1, SHARE_PARENT=2
message CapabilityInfo: capabilities=1 .Capability*
enum CapabilityInfo.Capability: UNKNOWN=0, CHOWN=1000, DAC_OVERRIDE=1001, DAC_READ_SEARCH=1002, FOWNER=1003,
    FSETID=1004, KILL=1005, SETGID=1006, SETUID=1007, SETPCAP=1008, LINUX_IMMUTABLE=1009, NET_BIND_SERVICE=1010,
    NET_BROADCAST=1011, NET_ADMIN=1012, NET_RAW=1013, IPC_LOCK=1014, IPC_OWNER=1015, SYS_MODULE=1016,
    SYS_RAWIO=1017, SYS_CHROOT=1018, SYS_PTRACE=1019, SYS_PACCT=1020, SYS_ADMIN=1021, SYS_BOOT=1022, SYS_NICE=1023,
    SYS_RESOURCE=1024, SYS_TIME=1025, SYS_TTY_CONFIG=1026, MKNOD=1027, LEASE=1028, AUDIT_WRITE=1029,
    AUDIT_CONTROL=1030, SETFCAP=1031, MAC_OVERRIDE=1032, MAC_ADMIN=1033, SYSLOG=1034, WAKE_ALARM=1035,
    BLOCK_SUSPEND=1036, AUDIT_READ=1037, PERFMON=1038, BPF=1039, CHECKPOINT_RESTORE=1040
message SeccompInfo: profile_name=1 string, unconfined=2 bool
message RLimitInfo: rlimits=1 .RLimit*
message RLimitInfo.RLimit: type=1 .Type, hard=2 uint64, soft=3 uint64
enum RLimitInfo.RLimit.Type: UNKNOWN=0, RLMT_AS=1, RLMT_CORE=2, RLMT_CPU=3, RLMT_DATA=4, RLMT_FSIZE=5, RLMT_LOCKS=6,
    RLMT_MEMLOCK=7, RLMT_MSGQUEUE=8, RLMT_NICE=9, RLMT_NOFILE=10, RLMT_NPROC=11, RLMT_RSS=12, RLMT_RTPRIO=13,
    RLMT_RTTIME=14, RLMT_SIGPENDING=15, RLMT_STACK=16
message TTYInfo: window_size=1 .WindowSize
message TTYInfo.WindowSize: rows=1 uint32!, columns=2 uint32!
message ContainerStatus: container_id=4 ContainerID, network_infos=1 NetworkInfo*, cgroup_info=2 CgroupInfo,
    executor_pid=3 uint32
message CgroupInfo: net_cls=1 .NetCls
message CgroupInfo.NetCls: classid=1 uint32
"""
