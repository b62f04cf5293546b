"""What a master shows of its disk: its own log, as ``/master/log`` (mesos-operator-api 4)."""

from __future__ import annotations

from koinon_daemon.files import AttachedRoots
from koinon_daemon.logs import shown_log_of

from ..config import MasterConfig

LOG_PATH = "/master/log"


def attach_log(roots: AttachedRoots, config: MasterConfig) -> None:
    """Show the log of ``--external_log_file`` or of ``--log_dir``, if there is one."""
    log = shown_log_of("master", config)
    if log is not None:
        roots.attach(LOG_PATH, log)
