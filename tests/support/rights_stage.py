"""A cluster all of whose doors ask: who may do all, who may look at all, and who may see one group's things alone.

What the last one must not know of has one of `SECRETS` in it wherever it has a name: an app, its user, its role, an
agent's reservation, a framework with a page of its own.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from attrs import define, field

from support.cluster import Cluster, Daemon, running_cluster
from support.plugin_site import install_plugins
from support.ports import reserve_port
from support.processes import Child
from support.waiting import wait_until

SECRETS = ("vault", "bank", "bob")
PAGE = "vault desk <img src=x onerror=pwned('name')>"
"""The name of the framework that has a page."""
OPS, LOOKER, CLERK, HALF = "ops", "looker", "clerk", "half"
PASSWORDS = {OPS: "sesame", LOOKER: "glasses", CLERK: "pencil"}
"""Whom master, agents and Marathon know; `HALF` is known to the masters and agents alone."""
MACHINES = {HALF: "apple", "agents": "a-secret", "marathon": "m-secret", "fw": "hush"}
_ORDERS = {
    "teardown_frameworks": "framework_principals",
    "update_maintenance_schedules": "machines",
    "start_maintenances": "machines",
    "stop_maintenances": "machines",
    "update_quotas": "roles",
    "update_weights": "roles",
    **dict.fromkeys(("drain_agents", "deactivate_agents", "reactivate_agents", "mark_agents_gone"), "agents"),
}
_SEEN = {
    **dict.fromkeys(
        ("view_frameworks", "view_tasks", "view_executors", "access_sandboxes", "view_containers"), "users"
    ),
    "view_roles": "roles",
    "get_quotas": "roles",
}
APPS: tuple[dict[str, Any], ...] = (
    {"id": "/shop/web", "cmd": "echo open for business; exec sleep 9999", "instances": 2},
    {"id": "/shop/big", "cmd": "sleep 9999", "cpus": 99},
    {"id": "/bank/vault", "cmd": "echo the vault holds gold; exec sleep 9999", "user": "bob", "role": "bank"},
    {"id": "/bank/bars", "cmd": "sleep 9999", "cpus": 88, "user": "bob", "role": "bank"},
)
_DOORS = """
import base64

from koinon_marathon.plugins import Action, Identity, Kind, PluginResponse


class Door:
    def __init__(self, configuration):
        self._known = configuration["known"]

    async def authenticate(self, request):
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        name, _, password = base64.b64decode(given).decode().partition(":")
        return Identity(name) if kind == "Basic" and self._known.get(name) == password else None

    def challenge(self, request):
        return PluginResponse(status=401, body=b"who is it?", headers={"WWW-Authenticate": 'Basic realm="marathon"'})


class House:
    def __init__(self, configuration):
        pass

    def is_authorized(self, identity, action, resource):
        if identity.name == "clerk" and resource.kind in (Kind.RUN_SPEC, Kind.GROUP):
            return f"{resource.id}/".startswith("/shop/")
        return identity.name == "ops" or action is Action.VIEW

    def refusal(self, identity, action, resource):
        return PluginResponse(status=403, body=f"{identity.name} may not {action.value} {resource.id}".encode())
"""
_DESK = f"""
from aiohttp import web
from koinon_core.frameworks import FrameworkInfo
from koinon_frameworks import Framework, FrameworkPlugin, Scheduler

class Desk(FrameworkPlugin):
    async def start(self, options, services):
        info = FrameworkInfo(user="bob", name={PAGE!r}, role="bank")
        return Framework(info=info, scheduler=Scheduler())
"""


@define
class RightsStage:
    """The daemons, and the files that say who somebody is."""

    cluster: Cluster
    site: Path
    passwords: dict[str, str] = field(factory=lambda: {**PASSWORDS, **MACHINES})
    desk: Child | None = None

    @property
    def master(self) -> Daemon:
        """The only one."""
        return self.cluster.masters[0]

    @property
    def marathon(self) -> Daemon:
        """The only one."""
        return self.cluster.marathons[0]

    def read(self, path: str, who: str = OPS, daemon: Daemon | None = None) -> Any:
        """A document, as somebody sees it; None while there is no answer."""
        try:
            answer = requests.get((daemon or self.master).url + path, auth=(who, self.passwords[who]), timeout=10)
        except requests.RequestException:
            return None
        return answer.json() if answer.ok else None

    def running(self, app: str) -> list[dict[str, Any]]:
        """The tasks of an app that run."""
        found = self.read(f"/v2/apps{app}/tasks", daemon=self.marathon) or {}
        return [task for task in found.get("tasks", ()) if task["state"] == "TASK_RUNNING"]

    def post_app(self, app: dict[str, Any]) -> None:
        """As the operator."""
        body = {"cpus": 0.1, "mem": 32, "instances": 1, **app}
        auth = (OPS, self.passwords[OPS])
        answer = requests.post(f"{self.marathon.url}/v2/apps", json=body, auth=auth, timeout=10)
        assert answer.ok, answer.text

    def write_credentials(self) -> None:
        """For the next start of a daemon."""
        lines = "".join(f"{name} {password}\n" for name, password in self.passwords.items())
        _write(self.site, "credentials", lines)
        known = {name: self.passwords[name] for name in PASSWORDS}
        plugins = {
            "door": {"plugin": "auth.Authenticator", "implementation": "door", "configuration": {"known": known}},
            "house": {"plugin": "auth.Authorizer", "implementation": "house"},
        }
        _write(self.site, "plugins.json", json.dumps({"plugins": plugins}))

    def restart(self, daemon: Daemon) -> None:
        """With what is in the files now."""
        daemon.process.send(signal.SIGTERM)
        daemon.process.wait_exit(20)
        daemon.start()

    def open_desk(self) -> Child:
        """The framework with a page."""
        argv = ("desk", "--master", self.master.url.removeprefix("http://"), "--credential", str(self.site / "fw"))
        env = {"PYTHONPATH": str(self.site), "XDG_STATE_HOME": str(self.site / "state")}
        self.desk = Child([*_PYTHON, "koinon_frameworks", *argv], self.site / "desk.log", env)
        return self.desk


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def _acls() -> str:
    no_one_below = {"values": [LOOKER, CLERK, HALF]}
    rules: dict[str, list[Any]] = {
        name: [{"principals": no_one_below, objects: {"type": "NONE"}}] for name, objects in _ORDERS.items()
    }
    for name, objects in _SEEN.items():
        shown = ["alice"] if objects == "users" else ["*", "shop"]
        rules[name] = [
            {"principals": {"values": [CLERK]}, objects: {"values": shown}},
            {"principals": {"values": [CLERK]}, objects: {"type": "NONE"}},
        ]
    rules["view_flags"] = [{"principals": {"values": [CLERK]}, "flags": {"type": "NONE"}}]
    rules["get_endpoints"] = [
        {"principals": {"values": [CLERK]}, "paths": {"values": ["/containers", "/monitor/statistics"]}},
        {"principals": {"values": [CLERK]}, "paths": {"type": "NONE"}},
    ]
    return json.dumps(rules)


@contextmanager
def running_rights_stage() -> Iterator[RightsStage]:
    """All of it under way, with an app that runs and one that waits in each of two groups."""
    with running_cluster() as cluster:
        stage = RightsStage(cluster, cluster.folder / "site")
        stage.site.mkdir()
        _install(stage.site)
        stage.write_credentials()
        _start(stage)
        try:
            _fill(stage)
            yield stage
        finally:
            if stage.desk is not None:
                stage.desk.kill()


def _install(site: Path) -> None:
    install_plugins(site, _DOORS, {"door": "Door"}, "doors", "koinon.marathon.authenticators")
    install_plugins(site, _DOORS, {"house": "House"}, "houses", "koinon.marathon.authorizers")
    install_plugins(site, _DESK, {"desk": "Desk"}, "desks")


def _start(stage: RightsStage) -> None:
    cluster, site, port = stage.cluster, stage.site, reserve_port()
    acls = f"--acls=file://{_write(site, 'acls.json', _acls())}"
    for name in ("agents", "fw"):
        _write(site, name, f"{name} {MACHINES[name]}")
    cluster.add_master(
        f"--credentials={site / 'credentials'}",
        acls,
        *("--authenticate_http_readonly", "--authenticate_http_readwrite", "--authenticate_http_frameworks"),
        *("--http_framework_authenticators=basic", "--authenticate_agents", "--allocation_interval=200ms"),
        f"--ui_marathon=http://127.0.0.1:{port}",
    )
    wait_until(lambda: stage.read("/state"), "leading master")
    cluster.add_agent(
        *(f"--credential={site / 'agents'}", f"--http_credentials={site / 'credentials'}", acls),
        *("--authenticate_http_readonly", "--authenticate_http_readwrite", "--no-switch_user"),
        "--resources=cpus:4;mem:2048;cpus(bank):1;mem(bank):256;ports:[20000-20100]",
    )
    cluster.add_marathon(
        f"--http_port={port}",
        *("--mesos_authentication", "--mesos_authentication_principal=marathon", "--mesos_user=alice"),
        f"--mesos_authentication_secret_file={_write(site, 'marathon', MACHINES['marathon'])}",
        *(f"--plugin_dir={site}", f"--plugin_conf={site / 'plugins.json'}"),
    )
    stage.marathon.port = port


def _fill(stage: RightsStage) -> None:
    wait_until(lambda: (stage.read("/slaves") or {}).get("slaves"), "registered agent")
    wait_until(lambda: stage.read("/v2/apps", daemon=stage.marathon), "leading Marathon")
    for app in APPS:
        stage.post_app(app)
    quota = {"type": "UPDATE_QUOTA", "update_quota": {"force": True, "quota_configs": [_QUOTA]}}
    answer = requests.post(f"{stage.master.url}/api/v1", json=quota, auth=(OPS, PASSWORDS[OPS]), timeout=10)
    assert answer.ok, answer.text
    wait_until(lambda: len(stage.running("/shop/web")) == 2 and stage.running("/bank/vault"), "running apps")


_QUOTA = {"role": "bank", "limits": {"cpus": {"value": 3}, "mem": {"value": 2048}}}
_PYTHON = (sys.executable, "-m")
