"""Weights and quotas: what is refused, what is stored, and which offers make room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from fakes.master_bench import MasterBench, make_framework
from koinon_core.operator_api import RemoveQuota, SetQuota, UpdateQuota, UpdateWeights
from koinon_core.quota import QuotaConfig, QuotaRequest, WeightInfo
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Rescind
from koinon_daemon.metrics import Metrics
from koinon_master.events import RegistryRecovered
from koinon_master.registry.records import Registry, RegistryOperation, SetQuotas, SetWeights
from koinon_master.registry.registrar import Registrar
from koinon_master.validation.quota import MAX_AT_ONCE, MAX_ROLE
from koinon_zk import MemoryStore

OK = (200, "")


def _amounts(amounts: Mapping[str, float] | None) -> dict[str, Scalar]:
    return {name: Scalar.of(value) for name, value in (amounts or {}).items()}


def _quota(
    role: str, guarantees: Mapping[str, float] | None = None, limits: Mapping[str, float] | None = None
) -> QuotaConfig:
    return QuotaConfig(role=role, guarantees=_amounts(guarantees), limits=_amounts(limits))


def _update(*configs: QuotaConfig, force: bool | None = None) -> UpdateQuota:
    return UpdateQuota(force=force, quota_configs=configs)


def _weigh(**weights: float) -> UpdateWeights:
    return UpdateWeights(tuple(WeightInfo(weight, role) for role, weight in weights.items()))


# Weights


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        (WeightInfo(0, "a"), "for role 'a': Invalid weight '0': Weights must be positive"),
        (WeightInfo(-1.5, "a"), "for role 'a': Invalid weight '-1.5': Weights must be positive"),
        (WeightInfo(float("nan"), "a"), "for role 'a': Invalid weight 'nan': Weights must be positive"),
        (WeightInfo(1, None), "Invalid role ''"),
        (WeightInfo(1, "-x"), "Invalid role '-x'"),
        (WeightInfo(1, "a/"), "Invalid role 'a/'"),
    ],
)
def test_wrong_weight_is_refused(info: WeightInfo, problem: str) -> None:
    """With the role, the value and the reason; the good one beside it is not set either."""
    bench = MasterBench()

    status, text = bench.ask(UpdateWeights((WeightInfo(2, "good"), info))) or (0, "")

    assert 400 == status
    assert text.startswith("Failed to validate update weights request JSON")
    assert problem in text
    assert {} == bench.master.state.weights


@pytest.mark.parametrize(
    ("infos", "problem"),
    [
        ([WeightInfo(1, "é" * 128)], "it is longer than 255 bytes"),
        ([WeightInfo(1, f"r{number}") for number in range(MAX_AT_ONCE + 1)], "201 weights, more than 200 at once"),
    ],
)
def test_more_than_a_write_holds_is_refused(infos: list[WeightInfo], problem: str) -> None:
    """A store that refuses a write ends the master: nobody may ask for one."""
    status, text = MasterBench().ask(UpdateWeights(tuple(infos))) or (0, "")

    assert 400 == status
    assert problem in text


async def test_the_largest_writes_are_taken() -> None:
    """As many of the longest roles as one call may name, and calls that wait together: all are stored."""
    registrar = Registrar(MemoryStore(), Metrics())
    roles = [f"{number:05}" + "é" * ((MAX_ROLE - 5) // 2) for number in range(3 * MAX_AT_ONCE - 1)]
    calls = [roles[: MAX_AT_ONCE - 1], roles[MAX_AT_ONCE - 1 : 2 * MAX_AT_ONCE - 1], roles[2 * MAX_AT_ONCE - 1 :]]
    await registrar.fetch()
    stored: asyncio.Queue[RegistryOperation] = asyncio.Queue()

    for named in calls:
        registrar.submit(SetWeights(dict.fromkeys(named, 2.0)))
    running = asyncio.create_task(registrar.run(stored.put_nowait))
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(_take(stored, len(calls)))
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    running.cancel()

    assert len(calls) == len(await waiting)


async def _take(queue: asyncio.Queue[RegistryOperation], count: int) -> list[RegistryOperation]:
    return [await queue.get() for _ in range(count)]


def test_weights_are_stored_before_they_count() -> None:
    """Roles are trimmed, the last word on a role counts, roles that are not named keep theirs."""
    bench = MasterBench()
    bench.ask(_weigh(kept=3))
    bench.stores_at_once = False

    early = bench.ask(UpdateWeights((WeightInfo(2, " a "), WeightInfo(4, "a"))))
    before = dict(bench.master.state.weights)
    operations = bench.operations[:]
    bench.store()

    assert early is None
    assert {"kept": 3.0} == before
    assert [SetWeights({"a": 4})] == operations
    assert {"kept": 3, "a": 4} == bench.master.state.weights


def test_offers_are_made_anew_when_a_weight_of_an_active_role_changes() -> None:
    """A weight of a role that nobody has changes nobody's offers."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework(make_framework("f", "eng/web"))
    stream = bench.stream_of(framework_id)

    bench.ask(_weigh(ops=2))
    untouched = bench.heard(stream, Rescind)
    bench.ask(_weigh(eng=2))

    assert [] == untouched
    assert 1 == len(bench.heard(stream, Rescind))
    assert 1 == len(bench.offers(framework_id))


# Quota


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (_quota("a/b", {"cpus": 1}), "Updating quota on nested role 'a/b' is not supported yet"),
        (
            _quota("a", {"cpus": 2}, {"cpus": 1}),
            "Invalid QuotaConfig: 'QuotaConfig.guarantees' { cpus: 2 } is not contained within "
            "the 'QuotaConfig.limits' { cpus: 1 }",
        ),
        (
            _quota("a", {"cpus": -1}),
            "Invalid QuotaConfig: Invalid guarantee configuration {'cpus': -1}: Negative values not supported",
        ),
        (
            _quota("a", None, {"cpus": -1}),
            "Invalid QuotaConfig: Invalid limit configuration {'cpus': -1}: Negative values not supported",
        ),
        (
            _quota("a", {"cpus": 1e13}),
            "Invalid QuotaConfig: Invalid 'QuotaConfig.guarantees': {'cpus': 10000000000000} is invalid: "
            "values greater than 1 trillion (1000000000000) are not supported",
        ),
        (
            _quota("a", {"mem": 1e15}),
            "Invalid QuotaConfig: Invalid 'QuotaConfig.guarantees': {'mem': 1e+15} is invalid: "
            "values greater than 1 exabyte (1099511627776) are not supported",
        ),
        (
            _quota("a", {"cpus": 100}),
            "Invalid QuotaConfig: total quota guarantees 'cpus:100' exceed cluster capacity 'cpus:4; mem:4096' "
            "(use 'force' flag to bypass this check)",
        ),
    ],
)
def test_wrong_quota_is_refused_in_the_words_of_mesos(config: QuotaConfig, problem: str) -> None:
    """And the good one beside it is not set either."""
    bench = MasterBench()
    bench.add_agent()

    assert (400, problem) == bench.ask(_update(_quota("good", None, {"cpus": 1}), config))
    assert {} == bench.master.state.quotas


def test_guarantees_of_all_roles_together_must_fit() -> None:
    """Those that are there count, and the ones that are replaced do not."""
    bench = MasterBench()
    bench.add_agent()
    bench.ask(_update(_quota("a", {"cpus": 3})))

    too_many = bench.ask(_update(_quota("b", {"cpus": 3})))
    instead = bench.ask(_update(_quota("a", {"cpus": 1}), _quota("b", {"cpus": 3})))
    forced = bench.ask(_update(_quota("c", {"cpus": 30}), force=True))

    assert too_many is not None
    assert "total quota guarantees 'cpus:6' exceed" in too_many[1]
    assert [OK, OK] == [instead, forced]


def test_limit_below_what_a_role_uses_is_refused() -> None:
    """Unless it is forced; what the role has it keeps."""
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework("f", "a"))
    bench.launch(framework_id, "t", resources="cpus:2;mem:128")

    refused = bench.ask(_update(_quota("a", None, {"cpus": 1})))
    forced = bench.ask(_update(_quota("a", None, {"cpus": 1}), force=True))

    assert (
        400,
        "Invalid QuotaConfig: Role 'a' is already consuming 'cpus:2; mem:128'; this is more than the requested limits "
        "'cpus:1' (use 'force' flag to bypass this check)",
    ) == refused
    assert OK == forced


def test_quota_is_all_or_none_and_stored_first() -> None:
    """One operation holds them all; one that says nothing takes a quota away."""
    bench = MasterBench()
    bench.add_agent()
    bench.ask(_update(_quota("old", {"cpus": 1})))
    bench.stores_at_once = False
    configs = (_quota("old"), _quota("new", {"cpus": 2}, {"cpus": 3}))

    early = bench.ask(_update(*configs))
    operations = bench.operations[:]
    before = list(bench.master.state.quotas)
    bench.store()

    assert early is None
    assert [SetQuotas(configs)] == operations
    assert ["old"] == before
    assert {"new": configs[1]} == bench.master.state.quotas


def test_offers_make_room_for_a_guarantee() -> None:
    """Only as many as it takes, and none of a role that is sure of something itself."""
    bench = MasterBench()
    for _ in range(3):
        bench.add_agent("cpus:2;mem:1024")
    greedy = bench.add_framework(make_framework("g", "greedy"))

    bench.ask(_update(_quota("sure", {"cpus": 3})))

    assert 2 == len(bench.heard(bench.stream_of(greedy), Rescind))
    assert OK == list(bench.answers.values())[-1]


def test_offers_above_a_new_limit_are_taken_back() -> None:
    """Until what the role holds is within it."""
    bench = MasterBench()
    for _ in range(3):
        bench.add_agent("cpus:2;mem:1024")
    framework_id = bench.add_framework(make_framework("f", "a"))

    bench.ask(_update(_quota("a", None, {"cpus": 2}), force=True))

    assert 2 <= len(bench.heard(bench.stream_of(framework_id), Rescind))
    assert 2 >= sum(float(offer.resources.scalar("cpus")) for offer in bench.offers(framework_id))


def test_quota_in_the_older_way_is_guarantee_and_limit() -> None:
    """It can't replace one that is there, and is taken away by its own call."""
    bench = MasterBench()
    bench.add_agent()
    request = QuotaRequest(role="a", guarantee=parse_resources("cpus:1;mem:64"))

    answers = [bench.ask(SetQuota(request)), bench.ask(SetQuota(request))]
    quotas = dict(bench.master.state.quotas)
    answers += [bench.ask(RemoveQuota("a")), bench.ask(RemoveQuota("a"))]

    assert [
        OK,
        (400, "Failed to validate set quota request: Cannot set quota for role 'a' which already has quota"),
        OK,
        (400, "Failed to remove quota: Role 'a' has no quota set"),
    ] == answers
    assert {"a": _quota("a", {"cpus": 1, "mem": 64}, {"cpus": 1, "mem": 64})} == quotas


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (QuotaRequest(), "QuotaInfo with invalid role"),
        (QuotaRequest(role="a"), "QuotaInfo with empty 'guarantee'"),
        (
            QuotaRequest(role="a", guarantee=parse_resources("cpus(x):1")),
            "QuotaInfo must not contain any ReservationInfo",
        ),
        (
            QuotaRequest(role="a", guarantee=parse_resources("ports:[1-2]")),
            "QuotaInfo must not include non-scalar resources",
        ),
        (QuotaRequest(role="a/b", guarantee=parse_resources("cpus:1")), "Setting quota on nested role 'a/b'"),
    ],
)
def test_wrong_request_in_the_older_way_is_refused(request_: QuotaRequest, problem: str) -> None:
    """In the words of Mesos."""
    bench = MasterBench()
    bench.add_agent()

    status, text = bench.ask(SetQuota(request_)) or (0, "")

    assert 400 == status
    assert problem in text


def test_overcommit_in_the_older_way_is_a_conflict() -> None:
    """409, unless forced."""
    bench = MasterBench()
    bench.add_agent()
    much = parse_resources("cpus:100")

    assert (
        409,
        "Quota guarantees overcommit the cluster (use 'force' to bypass this check): Total quota guarantees 'cpus:100' "
        "exceed cluster capacity 'cpus:4; mem:4096'",
    ) == bench.ask(SetQuota(QuotaRequest(role="a", guarantee=much)))
    assert OK == bench.ask(SetQuota(QuotaRequest(role="a", guarantee=much, force=True)))


def test_too_many_roles_at_once_are_refused() -> None:
    """What can't be stored in one write is no danger to the master."""
    bench = MasterBench()
    many = tuple(_quota(f"r{number}", {"cpus": 0.001}) for number in range(501))

    weights = bench.ask(UpdateWeights(tuple(WeightInfo(1, f"r{number}") for number in range(501))))
    quotas = bench.ask(_update(*many, force=True))
    long = bench.ask(_update(_quota("r" * 513, {"cpus": 1}), force=True))

    assert weights is not None
    assert quotas is not None
    assert long is not None
    assert [400] * 3 == [weights[0], quotas[0], long[0]]


def test_weights_and_quotas_survive_the_leader() -> None:
    """The next leader takes them over."""
    bench = MasterBench()
    quota = _quota("a", {"cpus": 1})

    bench.push(RegistryRecovered(Registry(weights={"b": 2.0}, quotas={"a": quota})))

    assert {"b": 2.0} == bench.master.state.weights
    assert {"a": quota} == bench.master.state.quotas
