"""Plugins from the configuration to objects: what the file may say, and what a package must bring."""

import json
import sys
from pathlib import Path

import pytest

from koinon_marathon.errors import PluginBroken
from koinon_marathon.plugins.conf import Hook, parse_plugin_conf
from koinon_marathon.plugins.loading import load_plugins

SOURCE = """
class Polite:
    def __init__(self, configuration):
        self.word = configuration["word"]

    def validate(self, definition):
        return [] if self.word in str(definition) else [("/cmd", "say " + self.word)]


def rude(configuration):
    return object()
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory as `pip install --target` makes it, with one package of plugins."""
    (tmp_path / "polite_marathon.py").write_text(SOURCE)
    info = tmp_path / "polite_marathon-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: polite-marathon\nVersion: 1.0\n")
    points = "polite = polite_marathon:Polite\nrude = polite_marathon:rude\ngone = polite_marathon:gone\n"
    (info / "entry_points.txt").write_text(f"[koinon.marathon.validators]\n{points}")
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def conf_of(**fields: object) -> str:
    """A configuration of one plugin."""
    entry = {"plugin": "mesosphere.marathon.plugin.validation.RunSpecValidator", "implementation": "polite"}
    return json.dumps({"plugins": {"manners": entry | fields}})


def test_a_package_of_plugin_dir_is_found(packages: Path) -> None:
    """It is imported when it is named, and given its configuration."""
    conf = parse_plugin_conf(conf_of(configuration={"word": "please"}, tags=["a"], info={"b": 1}))
    (plugin,) = load_plugins(conf, packages).of(Hook.VALIDATOR)

    assert [("/cmd", "say please")] == plugin.made.validate({"cmd": "run"})
    assert {
        "id": "manners",
        "plugin": "mesosphere.marathon.plugin.validation.RunSpecValidator",
        "implementation": "polite",
        "tags": ["a"],
        "info": {"b": 1},
    } == plugin.entry.shown()


def test_a_disabled_plugin_is_not_even_looked_for() -> None:
    """Marathon's `enabled`; the bare form without `plugins` is read as well."""
    assert () == load_plugins(parse_plugin_conf(conf_of(enabled=False))).loaded
    assert () == parse_plugin_conf('{"x": {"enabled": false}}').entries


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"implementation": "com.example.Java"}, "plugin manners: no installed package has 'com.example.Java' among"),
        ({"configuration": {}}, "plugin manners: polite_marathon:Polite raised KeyError('word')"),
        ({"implementation": "gone"}, "plugin manners: polite_marathon:gone raised AttributeError"),
        ({"implementation": "rude"}, "plugin manners: polite_marathon:rude gave object, which lacks methods of Spec"),
    ],
)
def test_what_cannot_be_had_is_named(packages: Path, fields: dict[str, object], told: str) -> None:
    """The plugin by the id of the configuration, and what is wrong with it."""
    with pytest.raises(PluginBroken) as caught:
        load_plugins(parse_plugin_conf(conf_of(**fields)), packages)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "it must be an object such as"),
        ('{"plugins": {"x": 1}}', "x must be an object"),
        (conf_of(plugin="auth.Janitor"), "manners.plugin: 'auth.Janitor' is not one of mesosphere.marathon.plugin."),
        (conf_of(implementation=None), "manners.implementation must be a text"),
        (conf_of(enabled="no"), "manners.enabled must be true or false"),
        (conf_of(configuration=[]), "manners.configuration must be an object"),
        (conf_of(tags=[1]), "manners.tags must be a list of texts"),
        (
            json.dumps({name: {"plugin": "auth.Authorizer", "implementation": "x"} for name in ("a", "b")}),
            "a, b are all authorizers, and there can be one",
        ),
    ],
)
def test_what_the_file_may_not_say_is_named(text: str, told: str) -> None:
    """By plugin and field."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is checked)
        parse_plugin_conf(text)
    assert told in str(caught.value)
