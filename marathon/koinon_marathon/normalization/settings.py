"""What this Marathon was started with, as far as app definitions depend on it."""

import attrs


@attrs.frozen(kw_only=True)
class Settings:
    """The flags `--mesos_role`, `--default_network_name`, `--mesos_bridge_name`, `--enable_features`,
    `--mesos_authentication_principal` and `--new_group_enforce_role`.
    """

    default_role: str = "*"
    default_network_name: str | None = None
    bridge_name: str = "mesos-bridge"
    features: frozenset[str] = frozenset()
    principal: str | None = None
    new_group_enforce_role: bool = False
