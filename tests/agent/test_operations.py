"""What the agent makes of operations: remembered, answered until acknowledged, and still there after a restart."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from fakes.agent_bench import (
    FRAMEWORK_ID,
    AgentBench,
    make_framework,
    make_settings,
    make_task,
    messages,
    states,
    updates,
)
from fakes.volumes import create, destroy, grow, reserve, reserved, unreserve, volume
from koinon_agent.checkpoint.reconfiguration import find_reconfiguration_problem
from koinon_agent.events import VolumeGone
from koinon_agent.instructions import Checkpoint, ClearVolume, DeleteVolume, Instruction, LaunchContainer, MakeVolume
from koinon_core.agent_link import (
    AcknowledgeOperation,
    ApplyOperation,
    OperationUpdate,
    ReconcileOperations,
    Register,
    ResendUpdates,
    RunTask,
)
from koinon_core.agents import AgentCapabilityType
from koinon_core.ids import FrameworkId, Uuid
from koinon_core.offers import Operation
from koinon_core.operations import OperationState, OperationStatus
from koinon_core.quantities import Quantities
from koinon_core.resources import Resources
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import TaskState, TaskStatusReason

FLAGS = "cpus:4;mem:4096;disk:1000"
FINISHED, ERROR = OperationState.OPERATION_FINISHED, OperationState.OPERATION_ERROR
PATH = "/w/volumes/roles/r/v"


@pytest.fixture
def bench() -> AgentBench:
    """An agent with disk, under a master."""
    settings = make_settings()
    info = evolve(settings.info, resources=parse_resources(FLAGS))
    return AgentBench(evolve(settings, info=info)).registered()


def apply(bench: AgentBench, *operations: Operation) -> list[Instruction]:
    """The master wants these, each under a name of its own."""
    start = len([item for item in bench.done if isinstance(item, Checkpoint)])
    orders = [
        ApplyOperation(uuid=uuid_of(start + number), operation=operation, framework_id=FRAMEWORK_ID)
        for number, operation in enumerate(operations)
    ]
    return bench.hear(*orders)


def uuid_of(number: int) -> Uuid:
    """A master's name for an operation."""
    return Uuid(number.to_bytes(16))


def ends(instructions: list[Instruction]) -> list[OperationStatus]:
    """What the master was told of operations."""
    return [update.status for update in messages(instructions, OperationUpdate)]


def make_volume(bench: AgentBench) -> list[Instruction]:
    """Reserve disk and make a volume of a part of it."""
    return apply(bench, reserve(reserved("disk:300", "r")), create(volume(100)))


def test_operations_change_what_the_agent_has(bench: AgentBench) -> None:
    """Each is finished, and later ones build on earlier ones."""
    done = make_volume(bench)

    assert [FINISHED, FINISHED] == [status.state for status in ends(done)]
    expected = parse_resources("cpus:4;mem:4096;disk:700") + reserved("disk:200", "r") + Resources((volume(100),))
    assert expected == bench.agent.info.resources
    assert [PATH] == [item.path for item in done if isinstance(item, MakeVolume)]


def test_it_is_remembered_before_it_is_answered(bench: AgentBench) -> None:
    """The record stands before the update in what the agent wants done."""
    done = apply(bench, reserve(reserved("cpus:1", "r"), "o"))
    kinds = [type(item).__name__ for item in done]

    assert kinds.index("Checkpoint") < kinds.index("Send")


def test_what_was_made_outlives_the_agent(bench: AgentBench) -> None:
    """The next life registers with it, and makes sure of the directory."""
    make_volume(bench)
    total = bench.agent.info.resources
    bench = bench.crash()
    begun = bench.start()
    bench.connect()

    (register,) = messages(bench.done, Register)
    assert total == register.agent_info.resources
    assert [PATH] == [item.path for item in begun if isinstance(item, MakeVolume)]
    assert AgentCapabilityType.AGENT_OPERATION_FEEDBACK in {one.type for one in register.capabilities}


def test_an_end_is_repeated_until_it_is_acknowledged(bench: AgentBench) -> None:
    """After ten seconds, after twenty more, and never again."""
    (first,) = messages(apply(bench, reserve(reserved("cpus:1", "r"), "o")), OperationUpdate)
    repeated = [messages(bench.wait(10), OperationUpdate), messages(bench.wait(20), OperationUpdate)]
    assert first.status.uuid is not None
    bench.hear(AcknowledgeOperation(uuid=first.uuid, status_uuid=first.status.uuid.value))

    assert [[first], [first]] == repeated
    assert [] == messages(bench.wait(1000), OperationUpdate)


def test_an_end_is_told_at_registration_and_at_once_after_it(bench: AgentBench) -> None:
    """A new master can tell the framework of an operation it never heard of itself."""
    apply(bench, reserve(reserved("cpus:1", "r"), "o"))
    bench = bench.crash()
    bench.start()
    confirmed = bench.register()

    (register,) = messages(bench.done, Register)
    assert [FINISHED] == [item.status.state for item in register.operations]
    assert ["o"] == [status.operation_id for status in ends(confirmed)]


def test_an_operation_without_an_id_is_told_once(bench: AgentBench) -> None:
    """There is nobody who would acknowledge it."""
    (status,) = ends(apply(bench, reserve(reserved("cpus:1", "r"))))

    assert status.uuid is None
    assert [] == messages(bench.wait(1000), OperationUpdate)


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (reserve(reserved("cpus:9", "r"), "o"), "does not contain cpus:9"),
        (create(volume(10), operation_id="o"), "does not contain disk(reservations: [(DYNAMIC,r)]):10"),
    ],
)
def test_what_the_agent_does_not_have_is_an_error(bench: AgentBench, operation: Operation, problem: str) -> None:
    """Nothing changes, and the reason is told."""
    (status,) = ends(apply(bench, operation))

    assert ERROR is status.state
    assert problem in str(status.message)
    assert parse_resources(FLAGS) == bench.agent.info.resources


def test_names_that_would_lead_elsewhere_are_an_error(bench: AgentBench) -> None:
    """A master may be wrong; no directory outside the volumes is made or deleted."""
    done = apply(bench, reserve(reserved("disk:300", "r")), create(volume(10, "../../x"), operation_id="o"))

    assert ERROR is ends(done)[-1].state
    assert [] == [item for item in done if isinstance(item, MakeVolume)]


def test_a_destroyed_volume_is_moved_away_and_deleted(bench: AgentBench) -> None:
    """It is remembered until its data are gone, so that a restart goes on with it."""
    make_volume(bench)
    (doomed,) = [item for item in apply(bench, destroy(volume(100))) if isinstance(item, DeleteVolume)]
    bench = bench.crash()
    again = [item for item in bench.start() if isinstance(item, DeleteVolume)]
    gone = bench.handle(VolumeGone(doomed.trash))
    bench = bench.crash()

    assert PATH == doomed.path
    assert [doomed] == again
    assert [ClearVolume(doomed.trash)] == [item for item in gone if isinstance(item, ClearVolume)]
    assert [] == [item for item in bench.start() if isinstance(item, DeleteVolume)]


def test_a_volume_that_grows_keeps_its_directory(bench: AgentBench) -> None:
    """Only its size changes."""
    make_volume(bench)
    done = apply(bench, grow(volume(100), 50))

    assert Resources((volume(150),)) in bench.agent.info.resources
    assert [] == [item for item in done if isinstance(item, DeleteVolume | MakeVolume)]


def test_a_task_gets_its_volume(bench: AgentBench) -> None:
    """The launch says where the data are, and where the task looks for them."""
    make_volume(bench)
    task = make_task(resources=parse_resources("cpus:1;mem:64") + Resources((volume(100),)))
    bench.run(task)

    (launch,) = [item.launch for item in bench.done if isinstance(item, LaunchContainer)]
    assert [(PATH, "data")] == [(str(one.path), one.container_path) for one in launch.volumes]


def test_a_volume_in_use_is_not_destroyed(bench: AgentBench) -> None:
    """Its data belong to the task until it ends."""
    make_volume(bench)
    bench.run(make_task(resources=parse_resources("cpus:1;mem:64") + Resources((volume(100),))))
    (status,) = ends(apply(bench, destroy(volume(100), operation_id="o")))

    assert (ERROR, True) == (status.state, "is used by a task" in str(status.message))


def test_a_task_on_resources_that_are_not_here_is_lost(bench: AgentBench) -> None:
    """A volume the agent does not have is no empty directory instead."""
    task = make_task(resources=parse_resources("cpus:1;mem:64") + Resources((volume(100),)))
    done = bench.hear(RunTask(framework=make_framework(), task=task))

    assert [TaskState.TASK_LOST] == states(done)
    assert TaskStatusReason.REASON_RESOURCES_UNKNOWN is updates(done)[0].reason


def test_the_master_hears_of_operations_that_never_came(bench: AgentBench) -> None:
    """Those that wait for an acknowledgement are known, all others were dropped."""
    apply(bench, reserve(reserved("cpus:1", "r"), "o"))
    (known,) = bench.agent.operations.as_reported()
    dropped = messages(bench.hear(ReconcileOperations((known.uuid, uuid_of(999)))), OperationUpdate)

    assert [(uuid_of(999), OperationState.OPERATION_DROPPED)] == [(one.uuid, one.status.state) for one in dropped]


def test_a_start_with_less_than_was_converted_is_refused(bench: AgentBench) -> None:
    """The message names the flag, what is kept and what lacks; without conversions less may be given."""
    make_volume(bench)
    smaller = evolve(bench.settings, info=evolve(bench.settings.info, resources=parse_resources("cpus:4;disk:250")))
    problem = find_reconfiguration_problem(bench.image, smaller)
    apply(bench, destroy(volume(100)), unreserve(reserved("disk:300", "r")))

    assert "--resources: what operations reserved or made volumes of here" in str(problem)
    assert "needs disk:50 more" in str(problem)
    assert find_reconfiguration_problem(bench.image, smaller) is None


def test_a_framework_that_is_back_hears_at_once(bench: AgentBench) -> None:
    """What waits for it is not left to the clock; what waits for others is."""
    (first,) = messages(apply(bench, reserve(reserved("cpus:1", "r"), "o")), OperationUpdate)

    assert [first] == messages(bench.hear(ResendUpdates(FRAMEWORK_ID)), OperationUpdate)
    assert [] == messages(bench.hear(ResendUpdates(FrameworkId("other"))), OperationUpdate)


STEPS = st.lists(
    st.one_of(
        st.builds(lambda size: reserve(reserved(f"disk:{size}", "r"), "o"), st.integers(1, 400)),
        st.builds(lambda size: unreserve(reserved(f"disk:{size}", "r")), st.integers(1, 400)),
        st.builds(lambda size, name: create(volume(size, name)), st.integers(1, 200), st.sampled_from("ab")),
        st.builds(lambda size, name: destroy(volume(size, name)), st.integers(1, 200), st.sampled_from("ab")),
        st.none(),
    ),
    max_size=20,
)


@pytest.mark.slow
@given(steps=STEPS)
def test_a_crash_at_any_time_loses_nothing(steps: list[Operation | None]) -> None:
    """Whatever came before: the next life has the same resources, and waits for the same acknowledgements."""
    settings = make_settings()
    bench = AgentBench(evolve(settings, info=evolve(settings.info, resources=parse_resources(FLAGS)))).registered()
    for number, step in enumerate(steps):
        if step is not None:
            bench.hear(ApplyOperation(uuid=uuid_of(number), operation=step, framework_id=FRAMEWORK_ID))
            continue
        before = bench.agent.info.resources, bench.agent.operations.as_reported()
        assert find_reconfiguration_problem(bench.image, bench.settings) is None
        bench = bench.crash().registered()

        assert before == (bench.agent.info.resources, bench.agent.operations.as_reported())
        assert Quantities.of(parse_resources(FLAGS)) == Quantities.of(bench.agent.info.resources)
