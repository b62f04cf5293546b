"""What ``koinon up`` starts: options and the machine's size into a list of processes. Starting is ``supervisor``'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import pairwise
from pathlib import Path
from signal import SIGTERM, SIGUSR1, Signals

from attrs import field, frozen

from koinon_core.errors import CoreError
from koinon_core.ranges import Ranges
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_zk import QuorumUrl, QuorumUrlError

HOST = "127.0.0.1"
PRINCIPAL = "marathon"
"""In whose name Marathon sets resources aside: apps with persistent volumes need one."""
MASTER_PORT, AGENT_PORT, MARATHON_PORT, FRAMEWORK_PORT = 5050, 5051, 8080, 8090
TASK_PORTS = Ranges(((31000, 32000),))
_MB = 1024 * 1024
_GB = 1024 * _MB


class Role(Enum):
    """What a process is; in the order in which they are stopped."""

    FRAMEWORK = "framework"
    MARATHON = "marathon"
    AGENT = "agent"
    MASTER = "master"


@frozen(kw_only=True)
class Machine:
    """What this machine has; ``mem`` and ``disk`` in bytes."""

    cores: int
    mem: int
    disk: int


_PREFIXES = {Role.FRAMEWORK: "KOINON_", Role.MARATHON: "MARATHON_", Role.AGENT: "MESOS_", Role.MASTER: "MESOS_"}
"""What begins the environment variables of their flags."""


@frozen
class FrameworkWish:
    """A plugin to run, as ``--framework`` names it. ``port`` is its own word for where it listens; None: ours."""

    name: str
    words: tuple[str, ...] = ()
    port: int | None = None


@frozen(kw_only=True)
class UpOptions:
    """The command line. None: whatever serves."""

    work_dir: Path
    containerizers: str
    agents: int = 2
    masters: int = 1
    zk: str | None = None
    master_port: int = MASTER_PORT
    agent_port: int | None = None
    marathon_port: int = MARATHON_PORT
    attributes: str | None = None
    resources: str | None = None
    framework_port: int = FRAMEWORK_PORT
    frameworks: tuple[FrameworkWish, ...] = ()


@frozen(kw_only=True)
class DaemonPlan:
    """One process. ``secrets`` are flags that travel by the environment, as a URL may hold a password."""

    name: str
    role: Role
    port: int
    flags: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    health_path: str
    words: tuple[str, ...] = ()
    """What stands before the flags."""
    page_path: str = ""

    @property
    def module(self) -> str:
        """What ``python -m`` runs."""
        return "koinon_frameworks" if self.role is Role.FRAMEWORK else f"koinon_{self.role.value}"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def stop_signal(self) -> Signals:
        """How it ends in good order; an agent then ends its tasks, too, which SIGTERM would leave running."""
        return SIGUSR1 if self.role is Role.AGENT else SIGTERM

    def arguments(self) -> list[str]:
        """Its words, and its flags as words."""
        return [*self.words, *(f"--{name}={value}" for name, value in self.flags.items())]

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """``inherited`` without what would contradict the flags, and the secrets."""
        prefix = _PREFIXES[self.role]
        ours = {prefix + name.upper() for name in self.flags}
        kept = {name: value for name, value in inherited.items() if name not in ours}
        return kept | {prefix + name.upper(): value for name, value in self.secrets.items()}


@frozen(kw_only=True)
class ClusterPlan:
    """All processes: masters, agents, Marathon, frameworks."""

    work_dir: Path
    daemons: tuple[DaemonPlan, ...]

    def of(self, role: Role) -> tuple[DaemonPlan, ...]:
        """Those of one role."""
        return tuple(daemon for daemon in self.daemons if daemon.role is role)

    def log(self, daemon: DaemonPlan) -> Path:
        """Where a process's output goes."""
        return self.work_dir / "logs" / f"{daemon.name}.log"


def plan_cluster(options: UpOptions, machine: Machine) -> ClusterPlan | tuple[str, ...]:
    """The processes, or what is wrong with the options."""
    try:
        quorum = _quorum(options)
        shares = _plan_shares(options, machine)
    except (QuorumUrlError, CoreError) as error:
        return (str(error),)
    daemons = (
        *(_plan_master(options, number, quorum) for number in range(options.masters)),
        *(_plan_agent(options, number, quorum, shares[number]) for number in range(options.agents)),
        _plan_marathon(options, quorum),
        *_plan_frameworks(options, quorum),
    )
    problems = _port_problems(daemons)
    return problems or ClusterPlan(work_dir=options.work_dir, daemons=daemons)


def _quorum(options: UpOptions) -> QuorumUrl:
    if options.zk is not None:
        return QuorumUrl.parse(options.zk)
    return QuorumUrl(scheme="sqlite", path="/koinon", file=options.work_dir / "state.db")


def quorum_text(url: QuorumUrl) -> str:
    """The whole address, password included: for the environment of a child alone."""
    return str(url) if url.credentials is None else f"zk://{url.credentials}@{','.join(url.hosts)}{url.path}"


def _plan_master(options: UpOptions, number: int, quorum: QuorumUrl) -> DaemonPlan:
    name, port = f"master-{number + 1}", options.master_port + number
    flags = {
        "ip": HOST,
        "port": str(port),
        "hostname": HOST,
        "work_dir": str(options.work_dir / name),
        "ui_marathon": f"http://{HOST}:{options.marathon_port}",
    }
    secrets = {"zk": quorum_text(quorum)}
    return DaemonPlan(name=name, role=Role.MASTER, port=port, flags=flags, secrets=secrets, health_path="/health")


def _first_agent_port(options: UpOptions) -> int:
    """The usual one, or the next one behind the masters where these need it."""
    if options.agent_port is not None:
        return options.agent_port
    masters = range(options.master_port, options.master_port + options.masters)
    overlaps = masters.start < AGENT_PORT + options.agents and masters.stop > AGENT_PORT
    return masters.stop if overlaps else AGENT_PORT


def _plan_agent(options: UpOptions, number: int, quorum: QuorumUrl, resources: str) -> DaemonPlan:
    name, port = f"agent-{number + 1}", _first_agent_port(options) + number
    flags = {
        "ip": HOST,
        "port": str(port),
        # Each agent is a host of its own to hostname constraints, and all of 127.0.0.0/8 leads to this machine.
        "hostname": f"127.0.0.{number + 1}",
        "work_dir": str(options.work_dir / name),
        "containerizers": options.containerizers,
        "attributes": options.attributes if options.attributes is not None else f"rack:rack-{number + 1}",
        "resources": resources,
    }
    secrets = {"master": quorum_text(quorum)}
    return DaemonPlan(name=name, role=Role.AGENT, port=port, flags=flags, secrets=secrets, health_path="/health")


def _plan_marathon(options: UpOptions, quorum: QuorumUrl) -> DaemonPlan:
    flags = {"http_address": HOST, "http_port": str(options.marathon_port), "hostname": HOST}
    flags["mesos_authentication_principal"] = PRINCIPAL
    # A group of its own beside the masters': others take every child there for a master.
    secrets = {"master": quorum_text(quorum), "zk": quorum_text(quorum.with_path(f"{quorum.path}-marathon"))}
    return DaemonPlan(
        name="marathon",
        role=Role.MARATHON,
        port=options.marathon_port,
        flags=flags,
        secrets=secrets,
        health_path="/ping",
    )


def _plan_frameworks(options: UpOptions, quorum: QuorumUrl) -> Sequence[DaemonPlan]:
    """One each; where one is wished twice, so that one stands by, the second has a number in its name."""
    plans: list[DaemonPlan] = []
    for number, wish in enumerate(options.frameworks):
        same = sum(1 for earlier in options.frameworks[:number] if earlier.name == wish.name)
        port = wish.port if wish.port is not None else options.framework_port + number
        plans.append(
            DaemonPlan(
                name=f"framework-{wish.name}" + (f"-{same + 1}" if same else ""),
                role=Role.FRAMEWORK,
                port=port,
                flags={} if wish.port is not None else {"listen": f"{HOST}:{port}"},
                secrets={"master": quorum_text(quorum)},
                health_path="/health",
                words=(wish.name, *wish.words),
                page_path=f"/{wish.name}/",
            )
        )
    return plans


def _plan_shares(options: UpOptions, machine: Machine) -> list[str]:
    """The resources of each agent: what was asked for, the rest in equal parts, and ports that no two share."""
    given = options.resources or ""
    wanted = parse_resources(given)
    pieces = [piece for piece in "".join(given.split()).split(";") if piece and not piece.startswith("ports")]
    names = {item.name for item in wanted}
    pieces += [f"{name}:{amount}" for name, amount in _equal_share(machine, options.agents) if name not in names]
    ports = wanted.ranges("ports") or TASK_PORTS
    return [";".join([*pieces, f"ports:{part}"]) for part in split_ports(ports, options.agents)]


def _equal_share(machine: Machine, agents: int) -> list[tuple[str, Scalar]]:
    """A part of what an agent alone would offer: all but a gigabyte of memory and five of disk (mesos-semantics 12)."""
    mem = machine.mem - _GB if machine.mem > 2 * _GB else machine.mem // 2
    disk = machine.disk - 5 * _GB if machine.disk > 10 * _GB else machine.disk // 2
    return [
        ("cpus", Scalar.of(machine.cores / agents)),
        ("mem", Scalar.of(mem // _MB // agents)),
        ("disk", Scalar.of(disk // _MB // agents)),
    ]


def split_ports(ports: Ranges, parts: int) -> list[Ranges]:
    """Equal parts that do not overlap."""
    numbers = list(ports)
    edges = [len(numbers) * part // parts for part in range(parts + 1)]
    return [Ranges.of(numbers[begin:end]) for begin, end in pairwise(edges)]


def _port_problems(daemons: tuple[DaemonPlan, ...]) -> tuple[str, ...]:
    problems = []
    owners: dict[int, str] = {}
    for daemon in daemons:
        if not 0 < daemon.port < 65536:
            problems.append(f"{daemon.name} would need port {daemon.port}, which does not exist")
        elif daemon.port in owners:
            problems.append(f"{daemon.name} and {owners[daemon.port]} would both need port {daemon.port}")
        owners.setdefault(daemon.port, daemon.name)
    return tuple(problems)
