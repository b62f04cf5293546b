"""When to ask the master about which tasks."""

from random import Random

import pytest

from koinon_core.ids import TaskId
from koinon_core.scheduler_api import Reconcile, ReconcileTask
from koinon_frameworks.driver.reconcile import Reconciler, RoutineReconciliation

A, B = ReconcileTask(task_id=TaskId("a")), ReconcileTask(task_id=TaskId("b"))


def make_reconciler() -> Reconciler:
    reconciler = Reconciler(Random(1))
    reconciler.begin([A, B], 0.0)
    return reconciler


def test_asks_at_once_and_then_only_about_what_is_unanswered() -> None:
    """The first question names all tasks; five seconds later the second names the silent ones."""
    reconciler = make_reconciler()

    first = reconciler.due(0.0)
    reconciler.note_answer(A.task_id, 1.0)

    assert Reconcile((A, B)) == first
    assert reconciler.due(4.9) is None
    assert Reconcile((B,)) == reconciler.due(5.0)


def test_pauses_double() -> None:
    """Questions without an answer come after 5, 10 and 20 seconds."""
    reconciler = make_reconciler()
    asked = []
    for _ in range(4):
        assert reconciler.deadline is not None
        asked.append(reconciler.deadline)
        reconciler.due(reconciler.deadline)

    assert [0.0, 5.0, 15.0, 35.0] == asked


def test_asks_implicitly_once_all_is_answered() -> None:
    """Ten minutes after the last answer the master is asked for whatever it knows, and so on."""
    reconciler = make_reconciler()
    reconciler.due(0.0)
    reconciler.note_answer(A.task_id, 1.0)
    reconciler.note_answer(B.task_id, 2.0)

    assert reconciler.due(601.0) is None
    assert Reconcile() == reconciler.due(602.0)
    assert 1202.0 == reconciler.deadline


def test_without_tasks_the_first_question_is_implicit() -> None:
    """A framework that knows no tasks asks for all there are."""
    reconciler = Reconciler(Random(1))
    reconciler.begin([], 0.0)

    assert Reconcile() == reconciler.due(0.0)


def test_asks_nothing_while_paused() -> None:
    """Between two subscriptions there is nobody to ask."""
    reconciler = make_reconciler()
    reconciler.pause()
    reconciler.note_answer(A.task_id, 1.0)

    assert reconciler.due(10_000.0) is None


class Known:
    """A scheduler's ``known_tasks``, which change."""

    def __init__(self, *tasks: ReconcileTask) -> None:
        self.tasks: tuple[ReconcileTask, ...] | None = tasks

    def __call__(self) -> tuple[ReconcileTask, ...] | None:
        return self.tasks


def routine(known: Known) -> RoutineReconciliation:
    return RoutineReconciliation(Random(1), known, interval=600.0)


def test_routine_asks_explicitly_first_and_implicitly_later() -> None:
    """Known tasks at once; when each was answered, all the master knows; then the known ones of that time again."""
    known = Known(ReconcileTask(task_id=TaskId("a")))
    asking = routine(known)
    asking.begin(0.0)
    first = asking.due(0.0)
    asking.note_answer(TaskId("a"), 1.0)
    early = asking.due(300.0)
    second = asking.due(301.0)
    known.tasks = (ReconcileTask(task_id=TaskId("b")),)

    assert Reconcile((ReconcileTask(task_id=TaskId("a")),)) == first
    assert (None, Reconcile()) == (early, second)
    assert Reconcile((ReconcileTask(task_id=TaskId("b")),)) == asking.due(601.0)


def test_routine_repeats_what_was_not_answered() -> None:
    """With growing pauses, and only what is open."""
    asking = routine(Known(ReconcileTask(task_id=TaskId("a")), ReconcileTask(task_id=TaskId("b"))))
    asking.begin(0.0)
    asking.due(0.0)
    asking.note_answer(TaskId("a"), 1.0)

    assert None is asking.due(4.9)
    assert Reconcile((ReconcileTask(task_id=TaskId("b")),)) == asking.due(5.0)
    assert 15.0 == asking.deadline


def test_routine_leaves_alone_who_reconciles_itself() -> None:
    """A scheduler without known tasks is never asked for."""
    known = Known()
    known.tasks = None
    asking = routine(known)
    asking.begin(0.0)

    assert (None, None) == (asking.deadline, asking.due(1e9))


def test_routine_pauses_without_subscription() -> None:
    """And begins with explicit questions when there is one again."""
    asking = routine(Known(ReconcileTask(task_id=TaskId("a"))))
    asking.begin(0.0)
    asking.due(0.0)
    asking.pause()
    while_away = asking.due(1000.0)
    asking.begin(1001.0)

    assert None is while_away
    assert Reconcile((ReconcileTask(task_id=TaskId("a")),)) == asking.due(1001.0)


def test_routine_names_what_is_no_task() -> None:
    """A task id alone won't do."""
    with pytest.raises(TypeError, match=r"Scheduler\.known_tasks gave 'a', which is no ReconcileTask"):
        routine(Known("a")).begin(0.0)  # type: ignore[arg-type]
