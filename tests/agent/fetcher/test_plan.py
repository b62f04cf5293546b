"""What URIs mean before anything is asked of the network or the disk."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from koinon_agent.fetcher.plan import Archive, Checksum, Problem, Step, find_archive, hide_password, plan_fetch
from koinon_core.containers import CommandUri

HOME = PurePosixPath("/srv/frameworks")
SHA = "ab" * 32


def plan_one(value: str, **fields: Any) -> Step:
    """The step of one URI."""
    steps = plan_fetch([CommandUri(value=value, **fields)], HOME)
    assert not isinstance(steps, Problem), steps
    (step,) = steps
    return step


@pytest.mark.parametrize(
    ("uri", "source", "target"),
    [
        ("http://h/a/app.jar", "http://h/a/app.jar", "app.jar"),
        ("https://h:8443/app.jar?token=1#part", "https://h:8443/app.jar?token=1", "app.jar"),
        ("HTTP://[fd00::1]/x", "HTTP://[fd00::1]/x", "x"),
        ("file:///opt/app.jar", "/opt/app.jar", "app.jar"),
        ("file://localhost/opt/app.jar", "/opt/app.jar", "app.jar"),
        ("/opt/a#b", "/opt/a#b", "a#b"),
        ("mine/app.jar", "/srv/frameworks/mine/app.jar", "app.jar"),
    ],
)
def test_uri_tells_source_and_name(uri: str, source: str, target: str) -> None:
    """The name is the last part of the path; a query belongs to the source alone."""
    step = plan_one(uri)

    assert (source, PurePosixPath(target), source.startswith("/")) == (step.source, step.target, step.is_local)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tar", Archive.TAR),
        ("a.tar.gz", Archive.TAR_GZ),
        ("a.tgz", Archive.TAR_GZ),
        ("a.tar.bz2", Archive.TAR_BZ2),
        ("a.tbz2", Archive.TAR_BZ2),
        ("a.tar.xz", Archive.TAR_XZ),
        ("a.txz", Archive.TAR_XZ),
        ("a.zip", Archive.ZIP),
        ("a.log.gz", Archive.GZ),
        ("a.jar", None),
        ("zip", None),
    ],
)
def test_archives_are_told_by_their_names(name: str, expected: Archive | None) -> None:
    """The endings that Mesos knows, and no others."""
    assert expected is find_archive(name)


def test_what_is_not_to_be_unpacked_is_not() -> None:
    """By default archives are; not what is executable or says so, nor what gets another name."""
    uri = "http://h/a.tgz"

    assert Archive.TAR_GZ is plan_one(uri).archive
    assert plan_one(uri, extract=False).archive is None
    assert plan_one(uri, executable=True).archive is None
    assert plan_one(uri, output_file="data").archive is None
    assert Archive.ZIP is plan_one("http://h/download", output_file="in/a.zip").archive


def test_options_of_a_uri_are_kept() -> None:
    """Executable, cached, and a file within directories."""
    step = plan_one("http://h/x", executable=True, cache=True, output_file="bin/tool")

    assert (True, True, PurePosixPath("bin/tool")) == (step.is_executable, step.is_cached, step.target)


@pytest.mark.parametrize("value", ["http://h/a.jar", "file:///a.jar", "/a.jar"])
def test_checksum_follows_the_uri(value: str) -> None:
    """As a fragment, of paths too; it belongs neither to the source nor to the name."""
    step = plan_one(f"{value}#sha256={SHA.upper()}")

    assert Checksum("sha256", SHA) == step.checksum
    assert PurePosixPath("a.jar") == step.target
    assert not step.source.endswith(SHA.upper())


@pytest.mark.parametrize(
    ("uri", "fields", "expected"),
    [
        ("ftp://h/a", {}, "ftp is not fetched"),
        ("hdfs://h/a", {}, "hdfs is not fetched"),
        ("", {}, "it is empty"),
        ("http:///a", {}, "names no host"),
        ("http://h:99999/a", {}, "it is no URL"),
        ("http://h:0/a", {}, "port"),
        ("http://[fd00::1/a", {}, "it is no URL"),
        ("http://h/", {}, "set output_file"),
        ("http://h", {}, "set output_file"),
        ("http://h/..", {}, "leads out of the sandbox"),
        ("http://h/a\nb", {}, "control character"),
        ("http://h/" + "x" * 256, {}, "longer than 255 bytes"),
        ("file://elsewhere/a", {}, "absolute path"),
        ("http://h/a", {"output_file": "/etc/passwd"}, "leads out of the sandbox"),
        ("http://h/a", {"output_file": "a/../../b"}, "leads out of the sandbox"),
        ("http://h/a", {"output_file": "a/"}, "names no file"),
        ("http://h/a#sha256=12", {}, "64 hexadecimal digits"),
        ("http://h/a#sha512=" + "g" * 128, {}, "128 hexadecimal digits"),
    ],
)
def test_problem_names_the_uri(uri: str, fields: dict[str, str], expected: str) -> None:
    """Nothing is planned where one of the URIs is no good."""
    plan = plan_fetch([CommandUri(value="http://h/fine"), CommandUri(value=uri, **fields)], HOME)  # type: ignore[arg-type]

    assert isinstance(plan, Problem)
    assert plan.reason.startswith(repr(uri))
    assert expected in plan.reason


def test_relative_path_needs_a_home() -> None:
    """Without the flag the reason names it."""
    plan = plan_fetch([CommandUri(value="a/b")], None)

    assert isinstance(plan, Problem)
    assert "--frameworks_home" in plan.reason


def test_passwords_are_not_shown() -> None:
    """Neither in steps nor in problems; the source keeps them."""
    step = plan_one("http://me:secret@h/a@b")

    assert "http://***@h/a@b" == step.shown == hide_password("http://me:secret@h/a@b")
    assert "http://me:secret@h/a@b" == step.source
    assert "secret" not in str(plan_fetch([CommandUri(value="http://me:secret@h/")], HOME))
