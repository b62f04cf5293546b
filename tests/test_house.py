"""The house rules that a machine can check; the rest of them are in CONTRIBUTING.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.source_tree import COMPONENTS, ROOT, files, modules, outline

PYTHON_FILES = files(".py")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".json", ".sh", "", ".ts", ".tsx", ".mjs", ".css", ".html", ".svg"}
TEXT_FILES = [path for path in files() if path.suffix in TEXT_SUFFIXES]
SCRIPT_FILES = files(".ts", ".tsx", ".mjs")
PAGE_FILES = [path for path in SCRIPT_FILES if path.is_relative_to(ROOT / "web" / "src")]
PACKAGES = [
    (component, package)
    for component, packages in COMPONENTS.items()
    for package in packages
    if len(list((ROOT / component / package).glob("*.py"))) > 1
]

FORBIDDEN_WORDS = {
    "address of a package registry": re.compile(
        r"--(?:extra-)?index-url|\"resolved\":\s*\"https?:|registry\s*=\s*https?:"
    ),
    "path of one machine": re.compile(rf"{re.escape(str(ROOT))}\b|/(?:home|Users)/[a-z]+/"),
    "work left open": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
}
FORBIDDEN_IN_SCRIPTS = {
    "markup from text": re.compile(r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|dangerously|DOMParser"),
    "code from text": re.compile(r"\beval\(|new Function\(|[\"']javascript:"),
    "words to the console": re.compile(r"\bconsole\.|\bdebugger\b|\balert\("),
    "doubt about types": re.compile(r"@ts-(?:ignore|nocheck|expect-error)|\bas any\b|: any\b|prettier-ignore"),
}
NAMES_THAT_SAY_NOTHING = re.compile(r"^(?:manager|helpers?|utils?|common|misc|base)\.py$")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_python_files_fit_a_head() -> None:
    """A Python file has at most 400 lines, a function at most 40, and the name says what is inside."""
    long_files = [_name(path) for path in PYTHON_FILES if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    long_functions = [
        f"{_name(path)}: {function.name}"
        for path in PYTHON_FILES
        for function in outline(path).functions
        if function.length > 40
    ]

    assert [] == long_files
    assert [] == long_functions
    assert [] == [_name(path) for path in PYTHON_FILES if NAMES_THAT_SAY_NOTHING.match(path.name)]


def test_python_files_say_what_they_own() -> None:
    """Every module has a docstring, and in the tests every test has one that states its fact."""
    silent = [
        f"{_name(path)}: {function.name}"
        for path in PYTHON_FILES
        if path.is_relative_to(ROOT / "tests")
        for function in outline(path).functions
        if function.name.startswith("test_") and not function.is_documented
    ]

    assert [] == [_name(path) for path in PYTHON_FILES if not outline(path).is_documented]
    assert [] == silent


def test_scripts_fit_a_head() -> None:
    """A file of TypeScript, or of styles, has at most 400 lines, each script of the page begins with what it owns."""
    texts = {path: path.read_text(encoding="utf-8") for path in (*SCRIPT_FILES, *files(".css"))}

    assert [] == [_name(path) for path, text in texts.items() if len(text.splitlines()) > 400]
    assert [] == [_name(path) for path in PAGE_FILES if not texts[path].startswith("/** ")]


@pytest.mark.parametrize("what", FORBIDDEN_IN_SCRIPTS)
def test_scripts_show_text_as_text(what: str) -> None:
    """Nothing in the page makes markup or code from text or speaks to the console, and types are taken seriously."""
    pattern = FORBIDDEN_IN_SCRIPTS[what]
    found = [
        f"{_name(path)}:{number}"
        for path in PAGE_FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]

    assert [] == found


@pytest.mark.parametrize(("component", "package"), PACKAGES)
def test_package_is_furnished(component: str, package: str) -> None:
    """A package has its public names, its errors and its mark of being typed; its component says what it is."""
    folder = ROOT / component / package
    missing = [name for name in ("__init__.py", "errors.py", "py.typed") if not (folder / name).is_file()]

    assert [] == missing
    assert (ROOT / component / "README.md").is_file()


@pytest.mark.parametrize("component", COMPONENTS)
def test_readme_names_files_that_exist(component: str) -> None:
    """Every Python file that a component's README sends its reader to is in its packages, or at that path."""
    known = [f"/{module.name}" for module in modules() if module.package in COMPONENTS[component]]
    named = set(re.findall(r"[\w/]+\.py\b", (ROOT / component / "README.md").read_text(encoding="utf-8")))

    assert [] == [
        name for name in named if not (ROOT / name).is_file() and not any(one.endswith(f"/{name}") for one in known)
    ]


@pytest.mark.parametrize("what", FORBIDDEN_WORDS)
def test_nothing_is_said_that_does_not_belong_here(what: str) -> None:
    """No file names a package registry's host or a path of one machine, or leaves work open."""
    pattern = FORBIDDEN_WORDS[what]
    found = [
        f"{_name(path)}:{number}"
        for path in TEXT_FILES
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]

    assert [] == found


def test_constraints_are_exact_releases() -> None:
    """constraints.txt pins plain names to releases: no addresses, no options, not ourselves."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert [] == [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)]
    assert "koinon" not in {line.split("==")[0] for line in lines}


def test_every_requirement_is_constrained() -> None:
    """What pyproject.toml asks for has its release in constraints.txt, so that two checkouts get the same."""
    project = (ROOT / "pyproject.toml").read_text()
    asked = {name.lower() for name in re.findall(r'^    "([A-Za-z0-9-]+)>=', project, re.MULTILINE)}
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}

    assert set() == asked - pinned
