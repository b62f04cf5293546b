"""When to ask the master about which tasks."""

from random import Random

from koinon_core.ids import TaskId
from koinon_core.scheduler_api import Reconcile, ReconcileTask
from koinon_frameworks.driver.reconcile import Reconciler

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
