"""Random app definitions in today's spelling over the whole field table (marathon-v2-api 3.3 to 4.4), all acceptable
to a Marathon with every feature, a principal and a default network.
"""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

from koinon_marathon.codec.names import json_name
from koinon_marathon.definition.apps import App

Body = dict[str, Any]

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=6)
TEXTS = st.text(min_size=2, max_size=8)
SECONDS = st.integers(0, 100_000)
SHARES = st.sampled_from((0.0, 0.25, 0.5, 1.0))
PORTS = st.integers(0, 65535)
LABELS = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=2)
PROTOCOLS = st.sampled_from(("tcp", "udp", "udp,tcp"))
SECRET = "known"


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    """Objects that have any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def exactly(needed: dict[str, st.SearchStrategy[Any]], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    """Objects that have all `needed` and any of the other fields."""
    return st.fixed_dictionaries(needed, optional=fields)


def numbers(least: float) -> st.SearchStrategy[float]:
    """Amounts in whole thousandths from `least` up."""
    return st.integers(round(least * 1000), 10_000_000).map(lambda amount: amount / 1000)


CONSTRAINTS = st.one_of(
    st.tuples(WORDS, st.just("UNIQUE")),
    st.tuples(WORDS, st.just("CLUSTER"), WORDS),
    st.tuples(WORDS, st.just("GROUP_BY"), st.sampled_from(("1", "3"))),
    st.tuples(WORDS, st.sampled_from(("LIKE", "UNLIKE")), st.sampled_from(("r[12].*", "a|b"))),
    st.tuples(WORDS, st.just("MAX_PER"), st.just("2")),
    st.tuples(WORDS, st.just("IS"), WORDS),
).map(list)
CHECKS = st.one_of(
    exactly({"protocol": st.sampled_from(("HTTP", "HTTPS")), "port": PORTS}, path=TEXTS, ignoreHttp1xx=st.booleans()),
    exactly({"protocol": st.just("TCP"), "port": PORTS}, gracePeriodSeconds=SECONDS, intervalSeconds=SECONDS),
    exactly({"protocol": st.just("COMMAND"), "command": st.fixed_dictionaries({"value": TEXTS})}, delaySeconds=SECONDS),
)
AGENT_CHECKS = st.one_of(
    exactly({"http": exactly({"port": PORTS}, path=TEXTS, scheme=st.sampled_from(("HTTP", "HTTPS")))}),
    exactly({"tcp": exactly({"port": PORTS})}, intervalSeconds=SECONDS, timeoutSeconds=SECONDS),
    exactly({"exec": exactly({"command": exactly({"shell": TEXTS})})}, delaySeconds=SECONDS),
    exactly({"exec": exactly({"command": exactly({"argv": st.lists(TEXTS, min_size=1, max_size=2)})})}),
)
HOST_VOLUMES = exactly({"containerPath": TEXTS, "hostPath": TEXTS, "mode": st.sampled_from(("RO", "RW"))})
LOCAL_VOLUMES = exactly(
    {
        "containerPath": WORDS,
        "persistent": st.one_of(
            exactly({"size": st.integers(1, 1000)}, type=st.just("root")),
            exactly(
                {"size": st.integers(1, 1000), "type": st.just("mount")},
                maxSize=st.integers(1001, 2000),
                profileName=WORDS,
                constraints=st.just([["path", "LIKE", "/mnt/.*"]]),
            ),
        ),
    },
    mode=st.just("RW"),
)
SECRET_VOLUMES = exactly({"containerPath": TEXTS, "secret": st.just(SECRET)})
DRIVER_VOLUMES = exactly(
    {
        "containerPath": TEXTS,
        "external": exactly(
            {
                "name": WORDS,
                "provider": st.just("dvdi"),
                "options": exactly({"dvdi/driver": WORDS}, **{"dvdi/x": TEXTS}),
                "shared": st.just(True),
            }
        ),
    },
    mode=st.sampled_from(("RO", "RW")),
)
PLUGIN_VOLUMES = exactly(
    {
        "containerPath": TEXTS,
        "external": exactly(
            {
                "name": WORDS,
                "provider": st.just("csi"),
                "options": exactly(
                    {
                        "pluginName": WORDS,
                        "capability": exactly(
                            {
                                "accessMode": st.sampled_from(("SINGLE_NODE_WRITER", "MULTI_NODE_MULTI_WRITER")),
                                "accessType": st.sampled_from(("mount", "block")),
                            },
                            fsType=WORDS,
                            mountFlags=st.lists(WORDS, max_size=2),
                        ),
                    },
                    nodeStageSecret=st.just({"a": {"secret": SECRET}}),
                    volumeContext=LABELS,
                ),
            }
        ),
    }
)
LINUX = optional(
    seccomp=st.sampled_from(({"unconfined": True}, {"profileName": "strict", "unconfined": False})),
    ipcInfo=st.sampled_from(({"mode": "SHARE_PARENT"}, {"mode": "PRIVATE", "shmSize": 5})),
)
MAPPINGS = exactly({"containerPort": PORTS}, servicePort=PORTS, protocol=PROTOCOLS, labels=LABELS)


@st.composite
def app_bodies(draw: st.DrawFn) -> Body:
    """One definition; fields that must agree are drawn together."""
    body: Body = draw(optional(**_FREE))
    body |= {"id": "/store/app", "secrets": {SECRET: {"source": "/a/b"}}}
    body |= draw(st.one_of(exactly({"cmd": TEXTS}), exactly({"args": st.lists(TEXTS, min_size=1, max_size=2)})))
    container: Body | None = draw(st.one_of(st.none(), _CONTAINERS))
    if container is not None:
        container["volumes"] = _distinct(container["volumes"])
        body["container"] = container
    if container is None or container["type"] == "MESOS":
        body |= draw(optional(check=AGENT_CHECKS, gpus=st.integers(0, 4)))
    is_host = container is None or draw(st.booleans())
    if not is_host and container is not None:
        body["networks"] = [draw(st.sampled_from(({"mode": "container/bridge"}, {"mode": "container", "name": "n"})))]
        container["portMappings"] = draw(st.lists(MAPPINGS, max_size=2))
    else:
        body |= draw(optional(portDefinitions=_definitions(), requirePorts=st.booleans()))
    if container is not None and any("persistent" in volume for volume in container["volumes"]):
        share = draw(SHARES)
        body |= {"upgradeStrategy": {"minimumHealthCapacity": share, "maximumOverCapacity": 0.0}, "role": "store"}
        body |= {"unreachableStrategy": "disabled", "acceptedResourceRoles": ["*"]}
        body |= draw(optional(residency=exactly({"relaunchEscalationTimeoutSeconds": SECONDS})))
    return body


def _definitions() -> st.SearchStrategy[list[Body]]:
    one = exactly({"port": st.just(0)}, protocol=PROTOCOLS, labels=LABELS)
    fixed = st.just([{"port": 31000, "name": "a"}, {"port": 31001, "name": "b"}])
    return st.one_of(st.lists(one, max_size=2), fixed)


def _distinct(volumes: list[Body]) -> list[Body]:
    """Volumes outside the cluster have names of their own."""
    for index, volume in enumerate(volumes):
        if "external" in volume:
            volume["external"] = {**volume["external"], "name": f"v{index}"}
    return volumes


_VOLUMES = st.one_of(HOST_VOLUMES, LOCAL_VOLUMES, SECRET_VOLUMES, DRIVER_VOLUMES, PLUGIN_VOLUMES)
_CONTAINERS = st.one_of(
    exactly(
        {"type": st.just("MESOS"), "volumes": st.lists(_VOLUMES, max_size=3)},
        linuxInfo=LINUX,
        docker=exactly({"image": TEXTS}, forcePullImage=st.booleans(), pullConfig=st.just({"secret": SECRET})),
    ),
    exactly(
        {
            "type": st.just("DOCKER"),
            "volumes": st.lists(_VOLUMES, max_size=2),
            "docker": exactly(
                {"image": TEXTS},
                privileged=st.booleans(),
                parameters=st.lists(exactly({"key": WORDS, "value": TEXTS}), max_size=2),
            ),
        }
    ),
)
_LIMITS = st.one_of(st.just("unlimited"), st.just(100_000.0))
_FREE: dict[str, st.SearchStrategy[Any]] = {
    "user": TEXTS,
    "env": st.dictionaries(WORDS, st.one_of(st.text(max_size=5), st.just({"secret": SECRET})), max_size=3),
    "instances": st.integers(0, 10),
    "cpus": numbers(0.001),
    "mem": numbers(0),
    "disk": numbers(0),
    "executor": st.sampled_from(("", "//cmd", "/opt/executor")),
    "executorResources": exactly({}, cpus=numbers(0.1), mem=numbers(32), disk=numbers(10)),
    "resourceLimits": exactly({}, cpus=_LIMITS, mem=_LIMITS),
    "constraints": st.lists(CONSTRAINTS, max_size=3),
    "acceptedResourceRoles": st.just(["*"]),
    "role": st.sampled_from(("*", "store")),
    "fetch": st.lists(
        exactly(
            {"uri": st.just("http://host/a.tgz")},
            extract=st.booleans(),
            executable=st.booleans(),
            cache=st.booleans(),
            destPath=TEXTS,
        ),
        max_size=2,
    ),
    "healthChecks": st.lists(CHECKS, max_size=2),
    "readinessChecks": st.just([]),
    "backoffSeconds": SECONDS,
    "backoffFactor": st.sampled_from((1.0, 1.5, 2.0)),
    "maxLaunchDelaySeconds": SECONDS,
    "upgradeStrategy": st.fixed_dictionaries({"minimumHealthCapacity": SHARES, "maximumOverCapacity": SHARES}),
    "killSelection": st.sampled_from(("YOUNGEST_FIRST", "OLDEST_FIRST")),
    "unreachableStrategy": st.sampled_from(
        ("disabled", {"inactiveAfterSeconds": 5, "expungeAfterSeconds": 6}, {"inactiveAfterSeconds": 0})
    ),
    "taskKillGracePeriodSeconds": SECONDS,
    "dependencies": st.lists(st.sampled_from(("/store/a", "/b")), max_size=2, unique=True),
    "labels": LABELS,
    "tty": st.booleans(),
}
DRAWN = frozenset(_FREE) | {
    "id", "cmd", "args", "secrets", "container", "check", "gpus", "networks", "portDefinitions", "requirePorts",
    "residency",
}  # fmt: skip
WRITTEN = frozenset(json_name(field.name) for field in attrs.fields(App)) - {"version", "versionInfo"}
