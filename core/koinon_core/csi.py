"""Volumes that a CSI plugin provides (mesos-v1-api 4.4). Kept as they came; nothing of ours reads them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from .secret import Secret


@frozen
class BlockVolume:
    """The volume is used as a block device."""


@frozen(kw_only=True)
class MountVolume:
    """The volume is mounted as a file system."""

    fs_type: str | None = None
    mount_flags: tuple[str, ...] = ()


class AccessModeType(Enum):
    """How many nodes may use a volume at once, and how."""

    UNKNOWN = 0
    SINGLE_NODE_WRITER = 1
    SINGLE_NODE_READER_ONLY = 2
    MULTI_NODE_READER_ONLY = 3
    MULTI_NODE_SINGLE_WRITER = 4
    MULTI_NODE_MULTI_WRITER = 5


@frozen
class AccessMode:
    """An access mode, wrapped as the API wraps it."""

    mode: AccessModeType


@frozen(kw_only=True)
class VolumeCapability:
    """How a volume is to be used: exactly one of block and mount is set."""

    access_mode: AccessMode
    block: BlockVolume | None = None
    mount: MountVolume | None = None


@frozen(kw_only=True)
class StaticProvisioning:
    """A volume that exists already."""

    volume_id: str
    volume_capability: VolumeCapability
    node_stage_secrets: Mapping[str, Secret] = field(factory=dict, hash=False)
    node_publish_secrets: Mapping[str, Secret] = field(factory=dict, hash=False)
    volume_context: Mapping[str, str] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class CsiVolume:
    """A volume of the plugin ``plugin_name``."""

    plugin_name: str
    static_provisioning: StaticProvisioning | None = None
