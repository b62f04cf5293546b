"""Questions to the machine: an operator's change into an event, and the machine's word into an HTTP answer."""

from __future__ import annotations

from aiohttp import web

from koinon_core.operator_api import OperatorWrite
from koinon_daemon.auth import principal_of
from koinon_daemon.errors import ApiError

from ..events import OperatorCallReceived
from ..loop import MasterLoop


async def ask(loop: MasterLoop, request: web.Request, change: OperatorWrite) -> web.Response:
    """Have the cluster changed: an empty answer once it is. Raises ApiError with the machine's reason if it is not."""
    principal = principal_of(request)
    answered = await loop.ask(lambda asked: OperatorCallReceived(request=asked, body=change, principal=principal))
    if answered.text:
        raise ApiError(answered.status, answered.text)
    return web.Response(status=answered.status)
