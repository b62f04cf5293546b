"""The frameworks of ``koinon up --framework``, held against their plugins before anything is started."""

from __future__ import annotations

import os
import shlex

from koinon_daemon.errors import UsageError
from koinon_daemon.flags import pick_words
from koinon_daemon.run import read_text_file
from koinon_frameworks.errors import UnknownPluginError
from koinon_frameworks.host.command_line import NAME, parse_host_part
from koinon_frameworks.host.config import HostConfig
from koinon_frameworks.host.inspection import find_fault
from koinon_frameworks.host.plugins import check_known

from ..errors import UsageFault
from .cluster_plan import HOST, FrameworkWish

_ANY_MASTER = f"--master={HOST}:5050"
"""Where none is named yet: ours comes by the environment."""


def read_wish(text: str) -> FrameworkWish:
    """``NAME --option value ...``, quoted as for a shell. Raises UsageFault with all that is wrong."""
    shown = f"--framework {text!r}"
    try:
        name, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise UsageFault(f"{shown} is not quoted as for a shell: {error}") from None
    try:
        check_known(name)
    except UnknownPluginError as error:
        raise UsageFault(f"{shown}: {error}") from None
    if NAME.match(name) is None:
        raise UsageFault(f"{shown}: {name!r} can't be part of an address")
    if any(word.partition("=")[0] == "--master" for word in pick_words(HostConfig, words)):
        raise UsageFault(f"{shown}: --master is this cluster's")
    fault = find_fault(name, [*words, _ANY_MASTER])
    if fault is not None:
        raise UsageFault(f"{shown} can't be run", problems=tuple(fault.splitlines()))
    return FrameworkWish(name, tuple(words), _find_port(words))


def _find_port(words: list[str]) -> int | None:
    """The port that it is told itself, if it is."""
    if not any(word.partition("=")[0] == "--listen" for word in pick_words(HostConfig, words)):
        return None
    try:
        return parse_host_part([*words, _ANY_MASTER], os.environ, read_text_file).listen.port or None
    except UsageError as error:
        raise UsageFault("--framework", problems=error.problems) from None
