"""An executor as people write them by hand: protobuf on a stream that is read line by line, and a token.

It runs every task at once, says back what its scheduler says, and ends with its SHUTDOWN.
"""

import http.client
import os
import uuid
from typing import Any

from koinon_core.executor_api import (
    Acknowledged,
    Call,
    CallBody,
    Event,
    Kill,
    Launch,
    Message,
    Shutdown,
    Subscribe,
    Update,
)
from koinon_core.ids import ExecutorId, FrameworkId, TaskId, Uuid
from koinon_core.tasks import TaskState, TaskStatus, TaskStatusSource
from koinon_core.wire import ContentType, ResourceFormat, codec

PROTOBUF = codec(ContentType.PROTOBUF, ResourceFormat.REFINED)
ENDED_CODE = 5


def post(body: CallBody) -> http.client.HTTPResponse:
    """Send a call on a connection of its own."""
    call = Call(
        executor_id=ExecutorId(os.environ["MESOS_EXECUTOR_ID"]),
        framework_id=FrameworkId(os.environ["MESOS_FRAMEWORK_ID"]),
        body=body,
    )
    connection = http.client.HTTPConnection(os.environ["MESOS_AGENT_ENDPOINT"])
    headers = {
        "Content-Type": ContentType.PROTOBUF.value,
        "Accept": ContentType.PROTOBUF.value,
        "Authorization": f"Bearer {os.environ['MESOS_EXECUTOR_AUTHENTICATION_TOKEN']}",
    }
    connection.request("POST", "/api/v1/executor", PROTOBUF.encode(call), headers)
    return connection.getresponse()


def tell(task_id: TaskId, state: TaskState) -> None:
    """Send an update."""
    status = TaskStatus(
        task_id=task_id, state=state, source=TaskStatusSource.SOURCE_EXECUTOR, uuid=Uuid(uuid.uuid4().bytes)
    )
    response = post(Update(status))
    assert response.status == 202, response.read()


def react(event: Any, running: set[TaskId]) -> bool:
    """Do what an event asks for; False for the last."""
    match event:
        case Launch(task):
            running.add(task.task_id)
            tell(task.task_id, TaskState.TASK_RUNNING)
        case Kill(task_id=task_id):
            running.discard(task_id)
            tell(task_id, TaskState.TASK_KILLED)
        case Message(data):
            post(Message(data[::-1]))
        case Acknowledged():
            pass
        case Shutdown():
            for task_id in running:
                tell(task_id, TaskState.TASK_KILLED)
            return False
    return True


if __name__ == "__main__":
    tasks: set[TaskId] = set()
    stream = post(Subscribe())
    assert stream.status == 200, stream.read()
    while length := stream.readline():
        if not react(PROTOBUF.decode(stream.read(int(length)), Event).body, tasks):
            raise SystemExit(ENDED_CODE)
