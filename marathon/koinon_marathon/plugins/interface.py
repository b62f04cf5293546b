"""What a plugin implements: six interfaces, those of marathon-semantics 25, and the values they are given. Pure.

A plugin is a package whose entry point names a callable: it takes the `configuration` of `--plugin_conf`, a JSON
object, and returns an object with the methods of one of these classes (it need not inherit). Definitions are given as
the JSON objects that the API shows, so that a plugin depends on nothing that is ours alone. Methods that are not
`async` are asked in the midst of a decision: they must not wait for anything.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import attrs

from koinon_core.offers import Offer
from koinon_core.tasks import TaskInfo

Definition = Mapping[str, Any]
"""An app or a pod as the API shows it; a pod has `containers`."""


class Action(Enum):
    """What somebody wants to do to a resource."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    VIEW = "View"


class Kind(Enum):
    """What a resource is: a definition, a group, or a part of Marathon itself."""

    RUN_SPEC = "RunSpec"
    GROUP = "Group"
    LEADER = "Leader"
    EVENTS = "Events"
    SYSTEM_METRICS = "SystemMetrics"
    SYSTEM_CONFIG = "SystemConfig"
    PLUGINS = "Plugins"


@attrs.frozen
class Resource:
    """What is asked for. `id` is the path of a definition or group, or a plugin's id; `role` and `labels` are a
    definition's own.
    """

    kind: Kind
    id: str = ""
    role: str | None = None
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Identity:
    """Who asks. `name` goes to the log; whatever else the authorizer wants to know is `claims`."""

    name: str
    claims: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class PluginRequest:
    """An HTTP request. Header names are in lower case; `path` is the whole one, `rest` what follows a handler's id."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str] = attrs.field(repr=False)
    remote: str | None
    rest: str = ""
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class PluginResponse:
    """An HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)


@runtime_checkable
class Authenticator(Protocol):
    """Tells who sent a request."""

    async def authenticate(self, request: PluginRequest) -> Identity | None:
        """The identity; None: not proved. What is raised is answered by 503. `body` is not there yet."""
        ...

    def challenge(self, request: PluginRequest) -> PluginResponse:
        """The answer to whoever did not prove who they are, as a rule 401."""
        ...


@runtime_checkable
class Authorizer(Protocol):
    """Tells what an identity may do."""

    def is_authorized(self, identity: Identity | None, action: Action, resource: Resource) -> bool:
        """Whether they may. `identity` is None where no authenticator is configured. What is raised is a no."""
        ...

    def refusal(self, identity: Identity | None, action: Action, resource: Resource) -> PluginResponse:
        """The answer to whoever may not, as a rule 403."""
        ...


@runtime_checkable
class SpecValidator(Protocol):
    """Has rules of its own on definitions."""

    def validate(self, definition: Definition) -> Sequence[tuple[str, str]]:
        """What is wrong with a new or changed definition: a path such as `/labels/owner`, and a sentence."""
        ...


@runtime_checkable
class TaskProcessor(Protocol):
    """Edits a task before it is launched: secrets, environment, labels."""

    def process(self, definition: Definition, task: TaskInfo) -> TaskInfo:
        """The task to launch; its id, agent and resources must stay. What is raised keeps it from being launched."""
        ...


@runtime_checkable
class OfferVeto(Protocol):
    """Keeps definitions from using offers."""

    def explain_refusal(self, definition: Definition, offer: Offer) -> str | None:
        """Why the offer is not for the definition, a sentence for `/v2/queue`; None: it is. What is raised refuses."""
        ...


@runtime_checkable
class HttpHandler(Protocol):
    """Serves `/v2/plugins/<id>/...`."""

    async def handle(self, request: PluginRequest) -> PluginResponse:
        """The answer to GET, HEAD, PUT, POST or DELETE."""
        ...
