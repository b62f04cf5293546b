"""The tokens by which executors prove who they are: JSON Web Tokens signed with the agent's secret, with the claims
that Mesos makes (mesos-semantics 11, mesos-v1-api 3.4). Pure.

They do not expire: one is good for as long as its executor is known to the agent. Most agents sign none, and are up
sooner for not loading what signs.
"""

from __future__ import annotations

from attrs import frozen

from koinon_core.ids import ContainerId, ExecutorId, FrameworkId

_ALGORITHM = "HS256"


@frozen(kw_only=True)
class Claims:
    """Who a token is for: one run of an executor."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    container_id: ContainerId


def make_token(secret: str, claims: Claims) -> str:
    """A token for an executor."""
    import jwt  # noqa: PLC0415 - see the module

    payload = {"fid": claims.framework_id, "eid": claims.executor_id, "cid": claims.container_id}
    return jwt.encode(payload, secret, algorithm=_ALGORITHM)


def read_token(secret: str, token: str) -> Claims | str:
    """Who a token is for, or why it is worth nothing."""
    import jwt  # noqa: PLC0415 - see the module

    try:
        payload = jwt.decode(token, secret, algorithms=[_ALGORITHM])
    except jwt.InvalidTokenError as error:
        return f"Invalid JWT: {error}"
    framework_id, executor_id, container_id = (payload.get(name) for name in ("fid", "eid", "cid"))
    if not (isinstance(framework_id, str) and isinstance(executor_id, str) and isinstance(container_id, str)):
        return "Invalid JWT: it lacks one of the claims 'fid', 'eid' and 'cid'"
    return Claims(
        framework_id=FrameworkId(framework_id),
        executor_id=ExecutorId(executor_id),
        container_id=ContainerId(container_id),
    )
