"""Code of others that Marathon asks: who somebody is, what they may do, what is valid, where and how tasks run.

`interface` is what a plugin's author needs, `conf` what `--plugin_conf` says, `loading` finds entry points. `hooks` and
`http.gate` ask the plugins, so that one which raises is named and does no further harm (marathon-semantics 25).
"""

from .interface import (
    Action,
    Authenticator,
    Authorizer,
    HttpHandler,
    Identity,
    Kind,
    OfferVeto,
    PluginRequest,
    PluginResponse,
    Resource,
    SpecValidator,
    TaskProcessor,
)

__all__ = [
    "Action",
    "Authenticator",
    "Authorizer",
    "HttpHandler",
    "Identity",
    "Kind",
    "OfferVeto",
    "PluginRequest",
    "PluginResponse",
    "Resource",
    "SpecValidator",
    "TaskProcessor",
]
