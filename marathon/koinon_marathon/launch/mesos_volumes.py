"""Volumes and secrets of a definition as the agent is told of them (mesos-v1-api 4.3, 4.4).

Persistent volumes are no part of this: they are among the resources that a task is launched with. Secrets go out as
references, which a plugin replaces by values.
"""

from collections.abc import Iterable, Iterator, Mapping

from koinon_core import containers as mesos
from koinon_core import csi
from koinon_core.secret import Secret, SecretReference, SecretType

from ..definition.secrets import SecretName, SecretSource
from ..definition.volumes import (
    DVDI_DRIVER,
    CsiAccessType,
    CsiInfo,
    CsiOptions,
    DvdiInfo,
    ExternalVolume,
    HostVolume,
    SecretVolume,
    Volume,
    VolumeMode,
)

_MODES = {VolumeMode.RO: mesos.VolumeMode.RO, VolumeMode.RW: mesos.VolumeMode.RW}
_DVDI = "dvdi/"

Declared = Mapping[str, SecretSource]


def build_volumes(volumes: Iterable[Volume], secrets: Declared) -> Iterator[mesos.Volume]:
    """Every volume that is a part of the container."""
    for volume in volumes:
        match volume:
            case HostVolume(path, host_path, mode):
                yield mesos.Volume(mode=_MODES[mode], container_path=path, host_path=host_path)
            case ExternalVolume(path, external, mode):
                yield mesos.Volume(mode=_MODES[mode], container_path=path, source=_source(external, secrets))
            case SecretVolume(path, name):
                kept = mesos.VolumeSource(type=mesos.VolumeSourceType.SECRET, secret=secret_reference(name, secrets))
                yield mesos.Volume(mode=mesos.VolumeMode.RO, container_path=path, source=kept)


def secret_reference(name: str, secrets: Declared) -> Secret:
    """A declared secret by its source; validation saw to it that it is declared."""
    source = secrets.get(name)
    known = SecretReference(name=name if source is None else source.source)
    return Secret(type=SecretType.REFERENCE, reference=known)


def _source(external: DvdiInfo | CsiInfo, secrets: Declared) -> mesos.VolumeSource:
    if isinstance(external, CsiInfo):
        plugged = _csi_volume(external.name, external.options, secrets)
        return mesos.VolumeSource(type=mesos.VolumeSourceType.CSI_VOLUME, csi_volume=plugged)
    options = {key: value for key, value in external.options.items() if key != DVDI_DRIVER}
    if external.size is not None:
        options.setdefault("size", str(external.size))
    parameters = tuple(mesos.Parameter(key.removeprefix(_DVDI), value) for key, value in options.items())
    volume = mesos.DockerVolume(
        name=external.name,
        driver=external.options.get(DVDI_DRIVER),
        driver_options=mesos.Parameters(parameters) if parameters else None,
    )
    return mesos.VolumeSource(type=mesos.VolumeSourceType.DOCKER_VOLUME, docker_volume=volume)


def _csi_volume(name: str, options: CsiOptions, secrets: Declared) -> csi.CsiVolume:
    wanted = options.capability
    is_block = wanted.access_type is CsiAccessType.BLOCK
    capability = csi.VolumeCapability(
        access_mode=csi.AccessMode(csi.AccessModeType[wanted.access_mode.value]),
        block=csi.BlockVolume() if is_block else None,
        mount=None if is_block else csi.MountVolume(fs_type=wanted.fs_type, mount_flags=wanted.mount_flags),
    )
    provisioning = csi.StaticProvisioning(
        volume_id=name,
        volume_capability=capability,
        node_stage_secrets=_references(options.node_stage_secret, secrets),
        node_publish_secrets=_references(options.node_publish_secret, secrets),
        volume_context=dict(options.volume_context),
    )
    return csi.CsiVolume(plugin_name=options.plugin_name, static_provisioning=provisioning)


def _references(names: Mapping[str, SecretName], secrets: Declared) -> dict[str, Secret]:
    return {key: secret_reference(name.secret, secrets) for key, name in names.items()}
