"""The volumes of a container as values: marathon-v2-api 4.4. A volume's kind shows by the key that it has.

Owns what a volume is; which are allowed is `validation.volumes`, finding disks for them `launch.disks`.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from .frozen_map import frozen_map
from .secrets import SecretName


class VolumeMode(Enum):
    """Whether a task may write to a volume."""

    RO = "RO"
    RW = "RW"


class DiskType(Enum):
    """Which kind of disk a persistent volume lies on: the agent's own, a directory, a whole mounted disk."""

    ROOT = "root"
    PATH = "path"
    MOUNT = "mount"


@attrs.frozen(kw_only=True)
class PersistentInfo:
    """What outlives the task. `size` and `max_size` are MiB; constraints as people write them, over `path`."""

    size: int
    max_size: int | None = None
    type: DiskType = DiskType.ROOT
    profile_name: str | None = None
    constraints: tuple[tuple[str, ...], ...] = ()


class CsiAccessMode(Enum):
    """How many nodes may use a CSI volume at once, and how."""

    SINGLE_NODE_WRITER = "SINGLE_NODE_WRITER"
    SINGLE_NODE_READER_ONLY = "SINGLE_NODE_READER_ONLY"
    MULTI_NODE_READER_ONLY = "MULTI_NODE_READER_ONLY"
    MULTI_NODE_SINGLE_WRITER = "MULTI_NODE_SINGLE_WRITER"
    MULTI_NODE_MULTI_WRITER = "MULTI_NODE_MULTI_WRITER"


class CsiAccessType(Enum):
    """Whether a CSI volume is mounted, or used as a block device."""

    MOUNT = "mount"
    BLOCK = "block"


@attrs.frozen(kw_only=True)
class CsiCapability:
    """How a CSI volume is to be used; file system and mount flags only where it is mounted."""

    access_mode: CsiAccessMode
    access_type: CsiAccessType
    fs_type: str | None = None
    mount_flags: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CsiOptions:
    """What a CSI plugin is asked for."""

    plugin_name: str
    capability: CsiCapability
    node_stage_secret: Mapping[str, SecretName] = attrs.field(converter=frozen_map, factory=dict)
    node_publish_secret: Mapping[str, SecretName] = attrs.field(converter=frozen_map, factory=dict)
    volume_context: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)


@attrs.frozen(kw_only=True)
class DvdiInfo:
    """A volume that a Docker volume driver (`dvdi/driver` among the options) keeps. `size` is GiB."""

    name: str
    provider: str
    options: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    size: int | None = None
    shared: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """None: drivers are given options as they stand."""
        return ()


@attrs.frozen(kw_only=True)
class CsiInfo:
    """A volume that a CSI plugin keeps."""

    name: str
    provider: str
    options: CsiOptions

    @property
    def secrets(self) -> tuple[str, ...]:
        """The declared secrets that the plugin is handed."""
        used = (*self.options.node_stage_secret.values(), *self.options.node_publish_secret.values())
        return tuple(name.secret for name in used)


@attrs.frozen
class HostVolume:
    """A directory of the agent seen inside the container."""

    container_path: str
    host_path: str
    mode: VolumeMode


@attrs.frozen
class PersistentVolume:
    """A directory that stays with the instance, whatever becomes of its tasks."""

    container_path: str
    persistent: PersistentInfo
    mode: VolumeMode = VolumeMode.RW


@attrs.frozen
class ExternalVolume:
    """A volume that lies outside the cluster and follows the task."""

    container_path: str
    external: DvdiInfo | CsiInfo
    mode: VolumeMode = VolumeMode.RW


@attrs.frozen
class SecretVolume:
    """A declared secret as a file."""

    container_path: str
    secret: str


Volume = HostVolume | PersistentVolume | ExternalVolume | SecretVolume
CSI = "csi"
DVDI = "dvdi"
DVDI_DRIVER = "dvdi/driver"
