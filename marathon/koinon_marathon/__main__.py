"""`koinon-marathon`: the process around a Marathon."""

import sys
from collections.abc import Sequence
from typing import Literal

from koinon_daemon.logs import configure_logs
from koinon_daemon.run import load_config, run_daemon
from koinon_daemon.supervision import Stop

from .app import MarathonApp
from .config import PROGRAM, MarathonConfig


def main(argv: Sequence[str] | None = None) -> None:
    """Run a Marathon until it is told to stop, and exit with its code."""
    config = load_config(MarathonConfig, PROGRAM, argv)
    log_format: Literal["console", "json"] = "json" if config.log_format == "json" else "console"
    configure_logs("marathon", config.logging_level, log_format)

    async def serve(stop: Stop) -> None:
        await MarathonApp(config, stop).run()

    sys.exit(run_daemon(serve, "marathon"))


if __name__ == "__main__":
    main()
