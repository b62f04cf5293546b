"""The agent link's own limits."""

import pytest

from koinon_core.agent_link import AgentFrame, ExecutorExited, close_text
from koinon_core.errors import DecodeError
from koinon_core.ids import ExecutorId, FrameworkId
from koinon_core.wire import refined_json


def test_reason_is_cut_to_a_close_frame() -> None:
    """At most 123 bytes, and never half a character."""
    assert b"bye" == close_text("bye")
    assert b"x" * 123 == close_text("x" * 200)
    assert ("\u20ac" * 41).encode() == close_text("\u20ac" * 50)
    assert ("x" + "\u20ac" * 40).encode() == close_text("x" + "\u20ac" * 50)


def test_a_wait_status_must_fit_what_schedulers_are_told() -> None:
    """One that is no int32 is the agent's fault: told on, it would end the stream of the framework."""
    said = ExecutorExited(framework_id=FrameworkId("f"), executor_id=ExecutorId("e"), status=9)
    frame = refined_json.encode(AgentFrame(messages=(said,)))

    assert AgentFrame(messages=(said,)) == refined_json.decode(frame, AgentFrame)
    with pytest.raises(DecodeError, match="a wait status lies within"):
        refined_json.decode(frame.replace(b'"status":9', b'"status":9999999999'), AgentFrame)
