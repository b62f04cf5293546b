"""Tasks that must end: how many are asked for at once, and asking again until they do (marathon-semantics 16)."""

from itertools import islice

from koinon_core.ids import AgentId, TaskId


class KillQueue:
    """Wanted kills, oldest first; at most `chunk` of them are in flight. What is out of reach is none of these."""

    def __init__(self, chunk: int) -> None:
        self._chunk = chunk
        self._waiting: dict[TaskId, AgentId | None] = {}
        self._in_flight: dict[TaskId, AgentId | None] = {}
        self._put_off: dict[TaskId, AgentId | None] = {}

    def __contains__(self, task_id: TaskId) -> bool:
        return task_id in self._waiting or task_id in self._in_flight or task_id in self._put_off

    @property
    def in_flight(self) -> tuple[TaskId, ...]:
        """The tasks asked for and not over yet."""
        return tuple(self._in_flight)

    def add(self, task_id: TaskId, agent_id: AgentId | None) -> None:
        """Want a task ended; wanting it twice changes nothing."""
        if task_id not in self:
            self._waiting[task_id] = agent_id

    def put_off(self, task_id: TaskId) -> None:
        """The task is out of reach, maybe for days: its kill holds up no others, and waits until it is back."""
        if task_id in self:
            self._put_off[task_id] = self._waiting.pop(task_id, None) or self._in_flight.pop(task_id, None)

    def bring_back(self, task_id: TaskId) -> None:
        """The task is within reach: if its kill was put off, it has a turn again."""
        if task_id in self._put_off:
            self._waiting[task_id] = self._put_off.pop(task_id)

    def discard(self, task_id: TaskId) -> bool:
        """The task is over, or nobody follows it any more. Returns whether its kill was wanted."""
        was_wanted = task_id in self
        self._put_off.pop(task_id, None)
        self._in_flight.pop(task_id, None)
        self._waiting.pop(task_id, None)
        return was_wanted

    def take_off(self) -> list[TaskId]:
        """Those whose turn it is; they are in flight from now on."""
        room = self._chunk - len(self._in_flight)
        started = list(islice(self._waiting, max(0, room)))
        for task_id in started:
            self._in_flight[task_id] = self._waiting.pop(task_id)
        return started

    def agent_of(self, task_id: TaskId) -> AgentId | None:
        """Where a task in flight runs, if that is known."""
        return self._in_flight.get(task_id)
