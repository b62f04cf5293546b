"""The reference of the SDK: nothing public is silent, and it builds."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chores.ground import ROOT
from chores.reference import PUBLIC, VALUES, reference_command


def _names(module: Any) -> list[str]:
    listed = getattr(module, "__all__", None)
    return list(listed) if listed else [name for name, value in vars(module).items() if _is_own(value, module.__name__)]


def _is_own(value: object, module: str) -> bool:
    is_named = inspect.isclass(value) or inspect.isroutine(value)
    return (
        is_named
        and getattr(value, "__module__", None) == module
        and not getattr(value, "__name__", "_").startswith("_")
    )


def _find_silent(name: str, value: object) -> Iterator[str]:
    """The name itself, and those of a class's own public methods and properties, that say nothing."""
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return  # a constant or an alias: what it means stands where it is defined
    if not (vars(value).get("__doc__") if inspect.isclass(value) else inspect.getdoc(value)):
        yield name
    for key, member in vars(value).items() if inspect.isclass(value) else ():
        is_said = inspect.isroutine(member) or isinstance(member, property | classmethod | staticmethod)
        if is_said and not key.startswith("_") and not inspect.getdoc(getattr(value, key)):
            yield f"{name}.{key}"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_says_what_it_is(name: str) -> None:
    """Classes, their public methods, functions; the room itself as well."""
    module = import_module(name)
    names = _names(module)

    assert module.__doc__
    assert names
    assert [] == [silent for one in names for silent in _find_silent(one, getattr(module, one))]


def test_a_silent_name_is_found() -> None:
    """A class, a method and a function without a word; what is inherited or private needs none."""

    class Silent:
        def method(self) -> None: ...
        def _private(self) -> None: ...

    assert ["Silent", "Silent.method"] == list(_find_silent("Silent", Silent))
    assert ["f"] == list(_find_silent("f", lambda: None))


def test_every_room_of_authors_is_in_the_reference() -> None:
    """A room with a public face that is left out would go unseen; only the driver's own is shown by the package's."""
    rooms = {
        f"koinon_frameworks.{init.parent.name}"
        for init in (ROOT / "frameworks" / "koinon_frameworks").glob("*/__init__.py")
        if "__all__" in init.read_text() or (init.parent / "public.py").exists()
    }

    assert {"koinon_frameworks.driver", "koinon_frameworks.template"} == rooms - set(PUBLIC)


@pytest.mark.slow
def test_the_reference_builds_without_a_warning(tmp_path: Path) -> None:
    """A page each, and the names that authors look for are on them."""
    done = subprocess.run(
        reference_command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    pages = {str(page.relative_to(tmp_path))[:-5].replace("/", ".") for page in tmp_path.rglob("*.html")}
    front = (tmp_path / "koinon_frameworks.html").read_text()

    assert (0, "") == (done.returncode, done.stderr)
    assert {*PUBLIC, *VALUES, "index"} == pages
    assert [] == [name for name in ("SchedulerDriver", "TaskSpec", "match_tasks") if f'id="{name}"' not in front]
