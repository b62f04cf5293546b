"""``koinon-agent``: the process around an agent."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from koinon_daemon.logs import start_logs
from koinon_daemon.run import load_config, run_daemon

from .app import AgentApp
from .config import PROGRAM, AgentConfig


def main(argv: Sequence[str] | None = None) -> None:
    """Run an agent until it is told to stop, and exit with its code.

    SIGTERM ends the agent alone: its tasks go on, and the next start takes them up. SIGUSR1 ends its tasks too, and
    its id (mesos-semantics 3.2).
    """
    config = load_config(AgentConfig, PROGRAM, argv)
    start_logs("agent", config)
    app = AgentApp(config)
    sys.exit(run_daemon(app.run, "agent", on_sigusr1=lambda: app.shut_down("asked to shut down by SIGUSR1")))


if __name__ == "__main__":
    main()
