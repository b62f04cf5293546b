"""``koinon agent reserve`` and its kin: what operators set aside on an agent, and the volumes that they make there.

What is given up again is named as it stands on the agent, with its principals and labels, as masters compare all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .amounts import read_resources
from .completion import AGENT
from .errors import NotFound, Refused
from .lookup import find_agent
from .settings import Settings, json_option, show_json

if TYPE_CHECKING:
    from koinon_core.resources import Resources

ROLE = click.option("--role", required=True, metavar="ROLE", help="For whom.")
RESOURCES = click.argument("resources", callback=read_resources, metavar="RESOURCES")
_KINDRED = ("name", "type", "reservations", "disk", "shared", "provider_id")
"""What makes a resource the one it is, beside its amount; the rest repeats it for older readers."""


@click.command("reserve")
@AGENT
@RESOURCES
@ROLE
@json_option
@click.pass_obj
def reserve(settings: Settings, name: str, resources: Resources, role: str, as_json: bool) -> None:
    """Set RESOURCES aside for a role, such as cpus=2,mem=1024."""
    reservation = {"type": "DYNAMIC", "role": role} | _principal(settings)
    wanted = [item | {"reservations": [reservation]} for item in _plain(resources)]
    _change(settings, "RESERVE_RESOURCES", find_agent(settings, name), {"resources": wanted}, as_json)


@click.command("unreserve")
@AGENT
@RESOURCES
@ROLE
@json_option
@click.pass_obj
def unreserve(settings: Settings, name: str, resources: Resources, role: str, as_json: bool) -> None:
    """Give RESOURCES back that were reserved for a role."""
    found = find_agent(settings, name)
    reserved = [item for item in _reserved(found, role) if not _is_volume(item) and _is_dynamic(item)]
    wanted = [piece for item in _plain(resources) for piece in _take(item, reserved, role)]
    _change(settings, "UNRESERVE_RESOURCES", found, {"resources": wanted}, as_json)


@click.command("create-volume")
@AGENT
@ROLE
@click.option("--id", "volume_id", required=True, metavar="ID", help="Its name, of which there is one on an agent.")
@click.option("--size", type=click.FloatRange(min=0, min_open=True), required=True, metavar="MB", help="How large.")
@click.option("--path", "mounted_at", default="volume", show_default=True, help="Where tasks find it.")
@json_option
@click.pass_obj
def create_volume(settings: Settings, /, name: str, role: str, as_json: bool, **volume: Any) -> None:
    """Make a persistent volume of a role's reserved disk."""
    found = find_agent(settings, name)
    fitting = [
        item
        for item in _reserved(found, role)
        if item["name"] == "disk" and "disk" not in item and item["scalar"]["value"] >= volume["size"]
    ]
    if not fitting:
        hint = f"koinon agent reserve {name} disk={volume['size']:g} --role {role}"
        raise Refused(
            f"{volume['size']:g} MB of disk are not reserved for role {role} on {found['id']}", problems=(hint,)
        )
    disk = {
        "persistence": {"id": volume["volume_id"]} | _principal(settings),
        "volume": {"mode": "RW", "container_path": volume["mounted_at"]},
    }
    made = _kindred(fitting[0]) | {"scalar": {"value": volume["size"]}, "disk": disk}
    _change(settings, "CREATE_VOLUMES", found, {"volumes": [made]}, as_json)


@click.command("destroy-volume")
@AGENT
@click.argument("volume_id", metavar="VOLUME")
@ROLE
@json_option
@click.pass_obj
def destroy_volume(settings: Settings, name: str, volume_id: str, role: str, as_json: bool) -> None:
    """Delete a persistent volume and what is in it.

    Its disk stays reserved.
    """
    found = find_agent(settings, name)
    volumes = [item for item in _reserved(found, role) if _is_volume(item) and _volume_id(item) == volume_id]
    if not volumes:
        raise NotFound(f"{found['id']} has no volume {volume_id!r} of role {role}")
    gone = _kindred(volumes[0]) | {"scalar": volumes[0]["scalar"]}
    _change(settings, "DESTROY_VOLUMES", found, {"volumes": [gone]}, as_json)


def _change(settings: Settings, kind: str, found: dict[str, Any], body: dict[str, Any], as_json: bool) -> None:
    """Have it done, and show what is reserved then."""
    settings.tell_master(kind, agent_id={"value": found["id"]}, **body)
    after = find_agent(settings, found["id"])
    if as_json:
        show_json(after["reserved_resources_full"])
        return
    lines = [(role, item) for role, items in after["reserved_resources_full"].items() for item in items]
    if lines:
        settings.show_table(("ROLE", "RESERVED"), [(role, _describe(item)) for role, item in lines])
    else:
        settings.say(f"nothing is reserved on {found['id']}")


def _principal(settings: Settings) -> dict[str, str]:
    return {} if settings.credential is None else {"principal": settings.credential.principal}


def _plain(resources: Resources) -> list[dict[str, Any]]:
    # Here, as the codec takes longer to import than most commands take to run.
    from koinon_core.wire import refined_json  # noqa: PLC0415 - see above

    plain: list[dict[str, Any]] = refined_json.to_plain(resources)
    return plain


def _reserved(found: dict[str, Any], role: str) -> list[dict[str, Any]]:
    return list(found["reserved_resources_full"].get(role, ()))


def _take(wanted: dict[str, Any], reserved: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """``wanted`` in pieces of what is reserved; a scalar may lie in several of them. Raises Refused."""
    same = [item for item in reserved if item["name"] == wanted["name"]]
    if "scalar" not in wanted and same:
        return [_kindred(same[0]) | {key: value for key, value in wanted.items() if key not in _KINDRED}]
    missing, pieces = wanted.get("scalar", {}).get("value", 1), []
    for item in same:
        amount = min(missing, item["scalar"]["value"])
        missing = round(missing - amount, 3)
        pieces += [_kindred(item) | {"scalar": {"value": amount}}] if amount else []
    if missing:
        raise Refused(f"so much {wanted['name']} is not reserved for role {role}: {missing:g} more than there is")
    return pieces


def _kindred(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key in _KINDRED}


def _is_dynamic(item: dict[str, Any]) -> bool:
    return bool(item["reservations"][-1].get("type") == "DYNAMIC")


def _is_volume(item: dict[str, Any]) -> bool:
    return "persistence" in item.get("disk", {})


def _volume_id(item: dict[str, Any]) -> str:
    return str(item["disk"]["persistence"]["id"])


def _describe(item: dict[str, Any]) -> str:
    if "scalar" in item:
        amount = f"{item['name']}:{item['scalar']['value']:g}"
    elif "ranges" in item:
        parts = ", ".join(f"{part['begin']}-{part['end']}" for part in item["ranges"]["range"])
        amount = f"{item['name']}:[{parts}]"
    else:
        amount = f"{item['name']}:{{{', '.join(item['set']['item'])}}}"
    return f"{amount}, volume {_volume_id(item)}" if _is_volume(item) else amount
