"""The floors of the building: imports run down only, rules know no IO, each outside library is met in its own rooms."""

from __future__ import annotations

import sys
from fnmatch import fnmatch

import pytest

from support.source_tree import COMPONENTS, FLOORS, ROOT, Module, imported, modules, outline

MODULES = modules()

# Files that may touch the outside, by design: whatever is not listed here is pure. A new line is a decision.
EDGES = (
    "koinon_daemon/auth.py",
    "koinon_daemon/bodies.py",
    "koinon_daemon/child.py",
    "koinon_daemon/client.py",
    "koinon_daemon/clock.py",
    "koinon_daemon/compression.py",
    "koinon_daemon/confined.py",
    "koinon_daemon/connections.py",
    "koinon_daemon/error_bodies.py",
    "koinon_daemon/express.py",
    "koinon_daemon/files.py",
    "koinon_daemon/files_api.py",
    "koinon_daemon/forwarding.py",
    "koinon_daemon/json_answer.py",
    "koinon_daemon/keystore.py",
    "koinon_daemon/logging_api.py",
    "koinon_daemon/logs.py",
    "koinon_daemon/metrics.py",
    "koinon_daemon/metrics_api.py",
    "koinon_daemon/monitoring_api.py",
    "koinon_daemon/negotiation.py",
    "koinon_daemon/other_sites.py",
    "koinon_daemon/own_address.py",
    "koinon_daemon/pipelined.py",
    "koinon_daemon/redirect.py",
    "koinon_daemon/run.py",
    "koinon_daemon/server.py",
    "koinon_daemon/stream.py",
    "koinon_daemon/supervision.py",
    "koinon_daemon/system_metrics.py",
    "koinon_cli/*",
    "*/app.py",
    "*/__main__.py",
    "*/loop.py",
    "*/http/*",
    "koinon_zk/attempts.py",
    "koinon_zk/session.py",
    "koinon_zk/contender.py",
    "koinon_zk/detector.py",
    "koinon_zk/group.py",
    "koinon_zk/store.py",
    "koinon_zk/chunks.py",
    "koinon_zk/commit.py",
    "koinon_zk/group_commit.py",
    "koinon_zk/sqlite_*.py",
    "koinon_frameworks/driver/background.py",
    "koinon_frameworks/driver/deliveries.py",
    "koinon_frameworks/driver/driver.py",
    "koinon_frameworks/driver/call_pipe.py",
    "koinon_frameworks/driver/http_connection.py",
    "koinon_frameworks/driver/id_file.py",
    "koinon_frameworks/driver/own_calls.py",
    "koinon_frameworks/driver/program.py",
    "koinon_frameworks/driver/sending.py",
    "koinon_frameworks/driver/session.py",
    "koinon_frameworks/driver/detection.py",
    "koinon_frameworks/executor/connection.py",
    "koinon_frameworks/executor/driver.py",
    "koinon_frameworks/executor/main.py",
    "koinon_frameworks/executor/processes.py",
    "koinon_frameworks/executor/running.py",
    "koinon_frameworks/executor/threads.py",
    "koinon_frameworks/host/framework_check.py",
    "koinon_frameworks/host/hosting.py",
    "koinon_frameworks/host/inner.py",
    "koinon_frameworks/host/inner_process.py",
    "koinon_frameworks/host/inspection.py",
    "koinon_frameworks/host/leaving.py",
    "koinon_frameworks/host/plugin.py",
    "koinon_frameworks/store/framework_store.py",
    "koinon_frameworks/store/writing.py",
    "koinon_frameworks/testing/asking.py",
    "koinon_frameworks/testing/fake_master.py",
    "koinon_frameworks/testing/plugin_rehearsal.py",
    "koinon_frameworks/testing/real_cluster.py",
    "koinon_frameworks/testing/rehearsal.py",
    "koinon_frameworks/testing/virtual_time.py",
    "koinon_frameworks/workload/workload.py",
    "koinon_jobs/scheduler.py",
    "koinon_master/registry/registrar.py",
    "koinon_master/whitelist.py",
    "koinon_master/election.py",
    "koinon_agent/checkpoint/log.py",
    "koinon_agent/checks/prober.py",
    "koinon_agent/checks/sockets.py",
    "koinon_agent/sandboxes/layout.py",
    "koinon_agent/sandboxes/deletion.py",
    "koinon_agent/sandboxes/placement.py",
    "koinon_agent/sandboxes/preparation.py",
    "koinon_agent/fetcher/cache.py",
    "koinon_agent/fetcher/download.py",
    "koinon_agent/fetcher/extraction.py",
    "koinon_agent/fetcher/fetcher.py",
    "koinon_agent/fetcher/sink.py",
    "koinon_agent/fetcher/steps.py",
    "koinon_agent/fetcher/threads.py",
    "koinon_agent/resources/detect.py",
    "koinon_agent/registration/master_link.py",
    "koinon_agent/registration/leader_watch.py",
    "koinon_agent/container_work.py",
    "koinon_agent/sandboxes/keeper.py",
    "koinon_agent/sandboxes/nested.py",
    "koinon_agent/resources/volume_keeper.py",
    "koinon_agent/containerizer/docker/containerizer.py",
    "koinon_agent/containerizer/docker/engine.py",
    "koinon_agent/containerizer/docker/events.py",
    "koinon_agent/containerizer/docker/images/pulls.py",
    "koinon_agent/containerizer/docker/log_files.py",
    "koinon_agent/containerizer/docker/logs.py",
    "koinon_agent/containerizer/docker/recovery.py",
    "koinon_agent/containerizer/docker/run.py",
    "koinon_agent/containerizer/docker/sweeping.py",
    "koinon_agent/containerizer/docker/sessions.py",
    "koinon_agent/containerizer/docker/slots.py",
    "koinon_agent/nested/book.py",
    "koinon_agent/nested/container.py",
    "koinon_agent/nested/output.py",
    "koinon_agent/standalone/book.py",
    "koinon_agent/standalone/records.py",
    "koinon_agent/insistence.py",
    "koinon_agent/containerizer/descendants.py",
    "koinon_agent/containerizer/escalation.py",
    "koinon_agent/containerizer/leftovers.py",
    "koinon_agent/containerizer/log_rotation.py",
    "koinon_agent/containerizer/process/containerizer.py",
    "koinon_agent/containerizer/process/identity.py",
    "koinon_agent/containerizer/process/record.py",
    "koinon_agent/containerizer/process/sessions.py",
    "koinon_agent/containerizer/process/supervisor.py",
    "koinon_agent/containerizer/process/surroundings.py",
    "koinon_agent/containerizer/process/volumes.py",
    "koinon_agent/containerizer/cgroups/group.py",
    "koinon_agent/containerizer/cgroups/membership.py",
    "koinon_agent/containerizer/cgroups/oom.py",
    "koinon_agent/containerizer/cgroups/tree.py",
    "koinon_agent/containerizer/process/run.py",
    "koinon_agent/containerizer/usage/disk.py",
    "koinon_agent/containerizer/usage/measure.py",
    "koinon_agent/containerizer/usage/sampler.py",
    "koinon_agent/containerizer/usage/watch.py",
    "koinon_agent/containerizer/usage/processes.py",
    "koinon_marathon/health/names.py",
    "koinon_marathon/health/prober.py",
    "koinon_marathon/metrics/statsd.py",
    "koinon_marathon/plugins/loading.py",
    "koinon_marathon/scheduler.py",
    "koinon_marathon/store/backups.py",
    "koinon_marathon/store/repository.py",
)

IMPURE = {
    "aiohttp", "asyncio", "docker", "kazoo", "os", "psutil", "random", "requests", "secrets", "shutil", "socket",
    "sqlite3", "structlog", "subprocess", "tempfile", "threading", "time",
}  # fmt: skip

# Calls that ask the clock or the dice behind the caller's back.
IMPURE_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today",
    "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "Random",
}  # fmt: skip

ROOMS = {
    "aiohttp": (
        "koinon_daemon/*",
        "*/http/*",
        "koinon_frameworks/driver/http_connection.py",
        "koinon_frameworks/host/*",
        "koinon_frameworks/testing/asking.py",
        "koinon_agent/registration/master_link.py",
        "koinon_agent/fetcher/download.py",
        "koinon_agent/checks/prober.py",
        "koinon_agent/containerizer/docker/*",
    ),
    "kazoo": ("koinon_zk/*",),
    "google": ("koinon_core/wire/*",),
    "docker": ("koinon_cli/*",),
    "click": ("koinon_cli/*",),
    "cryptography": ("koinon_daemon/keystore.py",),
    "rich": ("koinon_cli/*",),
}


def _is_in(module: Module, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(module.name, pattern) for pattern in patterns)


def _ours(module: Module) -> set[str]:
    """The packages of this repository that a file imports."""
    return {name for name in imported(module.path) if name.startswith("koinon_")}


def _outside(module: Module) -> set[str]:
    """What a file imports and calls that a rule must not; the type of the dice is a rule's to name."""
    return imported(module.path, frozenset({"random.Random"})) & IMPURE | outline(module.path).calls & IMPURE_CALLS


def test_imports_run_down() -> None:
    """A package imports those on lower floors only: nothing above it, and nobody beside it."""
    lower = {name: {other for other in FLOORS if FLOORS[other] < floor} for name, floor in FLOORS.items()}
    wrong = {
        module.name: others
        for module in MODULES
        if (others := _ours(module) - {module.package} - lower[module.package])
    }

    assert {} == wrong


@pytest.mark.parametrize("package", FLOORS)
def test_imports_inside_a_package_are_relative(package: str) -> None:
    """Inside a package a file names its neighbours relatively; the package's own name is for those outside."""
    absolute = [m.name for m in MODULES if m.package == package and package in imported(m.path)]

    assert [] == absolute


def test_core_imports_attrs_alone() -> None:
    """The ground floor stands on the standard library and attrs; its wire/ also on cattrs, orjson and protobuf."""
    allowed = sys.stdlib_module_names | {"attr", "attrs", "koinon_core"}
    in_wire = allowed | {"cattrs", "orjson", "google"}
    wrong = {
        module.name: others
        for module in MODULES
        if module.package == "koinon_core"
        if (others := imported(module.path) - (in_wire if module.name.startswith("koinon_core/wire/") else allowed))
    }

    assert {} == wrong


def test_pure_files_know_no_outside() -> None:
    """A file of rules imports no IO, no clock and no dice, and asks none: `now` and `rng: Random` are arguments."""
    wrong = {module.name: outside for module in MODULES if not _is_in(module, EDGES) and (outside := _outside(module))}

    assert {} == wrong


@pytest.mark.parametrize("library", ROOMS)
def test_libraries_keep_to_their_rooms(library: str) -> None:
    """Each outside library that does IO is met in the files that exist for it."""
    strangers = [m.name for m in MODULES if library in imported(m.path) and not _is_in(m, ROOMS[library])]

    assert [] == strangers


def test_every_exception_is_needed() -> None:
    """Each edge touches the outside and each room holds its library: a line that excuses nobody goes."""
    impure = [module for module in MODULES if _outside(module)]
    edges = [pattern for pattern in EDGES if not any(_is_in(m, (pattern,)) for m in impure)]
    rooms = [
        (library, pattern)
        for library, patterns in ROOMS.items()
        for pattern in patterns
        if not any(_is_in(m, (pattern,)) and library in imported(m.path) for m in MODULES)
    ]

    assert [] == edges
    assert [] == rooms


BESIDE_PACKAGES = {
    "web": {"src", "test", "node_modules", "build.mjs", "package.json", "package-lock.json", "tsconfig.json"}
}
"""What has no Python in it."""


@pytest.mark.parametrize("component", COMPONENTS)
def test_component_folder_holds_readme_and_package(component: str) -> None:
    """A component's folder holds its README.md and its package, so that no top-level name shadows a client's."""
    found = {path.name for path in (ROOT / component).iterdir() if path.name[0] not in "._"}

    assert set() == found - {"README.md", *COMPONENTS[component], *BESIDE_PACKAGES.get(component, ())}
