"""``koinon-master``: the process around a master."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import koinon_core
from koinon_daemon.connections import raise_open_files
from koinon_daemon.flag_help import Program
from koinon_daemon.logs import start_logs
from koinon_daemon.run import load_config, run_daemon
from koinon_daemon.supervision import Stop

from .app import MasterApp
from .config import MasterConfig

PROGRAM = Program(
    name="koinon-master",
    version=koinon_core.__version__,
    summary="Shares the resources of agents among frameworks by offers.",
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run a master until it is told to stop, and exit with its code."""
    config = load_config(MasterConfig, PROGRAM, argv)
    start_logs("master", config)
    raise_open_files()

    async def serve(stop: Stop) -> None:
        await MasterApp(config, stop).run()

    sys.exit(run_daemon(serve, "master"))


if __name__ == "__main__":
    main()
