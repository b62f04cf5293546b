"""`/v2/deployments`: what is being changed, and how to undo it (marathon-v2-api 7)."""

from aiohttp import web

from ..deployment.plan import DeploymentId
from ..events import CancelDeployment
from ..instructions import DeploymentCancelled
from ..queries import deployments_list
from .answers import DEPLOYMENT_HEADER, change_answer, json_answer
from .requests import is_true, route
from .service import Service

_EXPLANATION = "explanation"
"""Ours: Marathon knows no such value and ignores it."""


class DeploymentsResource:
    """Deployments under way; finished ones are gone."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """GET all, DELETE one."""
        return [
            route("GET", "/v2/deployments", self.show_all),
            route("DELETE", "/v2/deployments/{deployment_id}", self.cancel),
        ]

    async def show_all(self, request: web.Request) -> web.Response:
        """Each with its steps and where it stands; `embed=explanation` adds why it waits."""
        explains = _EXPLANATION in request.query.getall("embed", ())
        shown = deployments_list(self._service.state, self._service.loop.now() if explains else None)
        return json_answer([each for each in shown if self._may_view(request, DeploymentId(str(each["id"])))])

    def _may_view(self, request: web.Request, deployment_id: DeploymentId) -> bool:
        """Whether the sender may view anything that the deployment changes."""
        deployment = self._service.state.deployments.get(deployment_id)
        return deployment is None or any(self._service.may_view(request, path) for path in deployment.plan.affected)

    async def cancel(self, request: web.Request) -> web.Response:
        """Revert by a new deployment; with `force` only stop."""
        deployment_id = DeploymentId(request.match_info["deployment_id"])
        force = is_true(request, "force")
        result = await self._service.ask(
            request, lambda request_id: CancelDeployment(request_id=request_id, id=deployment_id, force=force)
        )
        if isinstance(result, DeploymentCancelled):
            return web.Response(status=202, headers={DEPLOYMENT_HEADER: result.id})
        return change_answer(result)
