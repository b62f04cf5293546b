"""The files of a new framework."""

from __future__ import annotations

import ast
import tomllib

import pytest

from koinon_frameworks.template import Names, render

NAMES = ("paint", "Paint.Shop-2", "x" * 40)


@pytest.mark.parametrize("name", NAMES)
def test_its_metadata_names_what_is_there(name: str) -> None:
    """The entry point leads to a class in a file that is written; no placeholder is left over anywhere."""
    names, texts = Names(name), render(Names(name))
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    module, _, class_name = project["entry-points"]["koinon.frameworks"][name].partition(":")
    classes = [node.name for node in ast.walk(ast.parse(texts[f"{module.replace('.', '/')}.py"]))
               if isinstance(node, ast.ClassDef)]  # fmt: skip

    assert name == project["name"]
    assert [class_name] == classes
    assert f"{names.package}/py.typed" in texts
    assert [] == [path for path, text in texts.items() if "@@" in text or ".tmpl" in path]


@pytest.mark.parametrize("name", NAMES)
def test_its_code_is_as_tidy_as_ours(name: str) -> None:
    """Every module says what it is for, no line is longer than its own linter allows, whatever the name."""
    code = {path: text for path, text in render(Names(name)).items() if path.endswith(".py")}

    assert [] == [path for path, text in code.items() if not ast.get_docstring(ast.parse(text))]
    assert [] == [path for path, text in code.items() if max(map(len, text.splitlines())) > 120]
