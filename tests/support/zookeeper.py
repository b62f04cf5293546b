"""Real ZooKeeper servers for tests: one alone or an ensemble, from Debian's jars, on data folders of their own."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path

import attrs

from support.hosts import Host
from support.parts import miss
from support.ports import reserve_port
from support.processes import Child
from support.waiting import wait_until

_JARS = [Path("/usr/share/java") / name for name in ("zookeeper.jar", "slf4j-simple.jar")]
_JVM = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true")
_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
_SETTINGS = """\
tickTime=200
initLimit=50
syncLimit=25
maxSessionTimeout=60000
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=*
"""


@attrs.frozen
class ZooKeeperAddress:
    """Where a test finds its ZooKeeper, and the path below which it is alone. The path does not exist yet."""

    hosts: str
    path: str

    @property
    def url(self) -> str:
        """As `--zk` takes it."""
        return f"zk://{self.hosts}{self.path}"


class ZooKeeperServer:
    """One server: alone, or a member of an ensemble. Session timeouts may be 400 ms to 60 s."""

    def __init__(self, folder: Path, port: int, host: Host | None = None) -> None:
        """Lays out the folder; `start` runs the server, on a host of its own or here. Clients connect to `port`."""
        self.port = port
        self.folder = folder
        self._host = host
        self._child: Child | None = None
        folder.mkdir()
        self._write_settings("")

    def join(self, number: int, members: list[str]) -> None:
        """Makes it a member of an ensemble, before its first start; `members` are its lines `server.N=...`."""
        (self.folder / "myid").write_text(str(number))
        self._write_settings("\n".join(members))

    @property
    def hosts(self) -> str:
        return f"{self._address}:{self.port}"

    @property
    def _address(self) -> str:
        return "127.0.0.1" if self._host is None else self._host.address

    @property
    def process(self) -> Child:
        """The server's process, to suspend and resume. Raises RuntimeError before the first start."""
        if self._child is None:
            raise RuntimeError("this server was never started")
        return self._child

    def start(self) -> None:
        """Runs it, on the data that is there. Returns at once: see `wait_serving`."""
        java = shutil.which("java")
        if java is None or not all(jar.exists() for jar in _JARS):
            miss("ZooKeeper", "its jars or a Java are missing")
        classpath = ":".join(str(jar) for jar in _JARS)
        argv = [java, *_JVM, "-cp", classpath, _MAIN, str(self.folder / "zoo.cfg")]
        self._child = Child(argv if self._host is None else self._host.enter(argv), self.folder / "log")

    def mode(self) -> str:
        """What it says it is: standalone, leader or follower; empty while it serves nobody."""
        answer = self.ask("srvr")
        return next((line[6:] for line in answer.splitlines() if line.startswith("Mode: ")), "")

    def ask(self, word: str) -> str:
        """The answer to a four-letter word such as `srvr` or `cons`; empty when there is none."""
        try:
            with socket.create_connection((self._address, self.port), timeout=2) as connection:
                connection.sendall(word.encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError:
            return ""

    def wait_serving(self, timeout: float = 30.0) -> str:
        """Waits until it serves clients and returns its mode. Raises RuntimeError when it ends instead."""

        def look() -> str:
            if not self.process.is_running:
                raise RuntimeError(f"ZooKeeper ended; it said:\n{self.process.output}")
            return self.mode()

        return wait_until(look, f"ZooKeeper that serves on {self.hosts}", timeout)

    def kill(self) -> None:
        """Ends it at once (SIGKILL); its data stays, for the next `start`."""
        if self._child is not None:
            self._child.kill()

    def _write_settings(self, members: str) -> None:
        own = f"dataDir={self.folder}\nclientPort={self.port}\nclientPortAddress={self._address}\n"
        (self.folder / "zoo.cfg").write_text(f"{_SETTINGS}{own}{members}\n")


class ZooKeeperEnsemble:
    """Several servers that elect a leader among them; with one member, a standalone server."""

    def __init__(self, size: int) -> None:
        """Starts all members and returns when each of them serves."""
        self._folder = Path(tempfile.mkdtemp(prefix="koinon-zookeeper-"))
        self.members = [ZooKeeperServer(self._folder / str(number), reserve_port()) for number in range(1, size + 1)]
        if size > 1:
            lines = [f"server.{n}=127.0.0.1:{reserve_port()}:{reserve_port()}" for n in range(1, size + 1)]
            for number, member in enumerate(self.members, 1):
                member.join(number, lines)
        try:
            for member in self.members:
                member.start()
            for member in self.members:
                member.wait_serving()
        except BaseException:
            self.stop()
            raise

    @property
    def hosts(self) -> str:
        """All members as a connection string."""
        return ",".join(member.hosts for member in self.members)

    def leader(self) -> ZooKeeperServer:
        """The member that leads now; waits for one."""
        leaders = wait_until(lambda: [m for m in self.members if m.mode() in ("leader", "standalone")], "leader")
        return leaders[0]

    def stop(self) -> None:
        """Ends all members and removes their data."""
        for member in self.members:
            member.kill()
        shutil.rmtree(self._folder)
