"""`./dev`, the door to every chore: what it says to a wrong call, what it finds, what it asks of a bare machine."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import docker
import pytest

from chores import busybox, debian
from chores.engine_api import answers, has_image
from chores.ground import ROOT, ChoreError, run_logged
from support.docker_engine import BUSYBOX, docker_url


def _dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("lint", "more")])
def test_wrong_call_gets_the_usage(arguments: tuple[str, ...]) -> None:
    """Without a verb, with an unknown one, or with arguments that nobody reads: usage on stderr, exit code 2."""
    done = _dev(*arguments)

    assert 2 == done.returncode
    assert "usage: ./dev VERB" in done.stderr
    assert "" == done.stdout


def test_help_is_no_error() -> None:
    """Who asks for help gets it on stdout."""
    done = _dev("--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert "usage: ./dev VERB" in done.stdout


def test_engine_that_is_not_there_does_not_answer(tmp_path: Path) -> None:
    """No socket, no listener and an address of an unknown kind are all the same answer, not an error."""
    urls = [f"unix://{tmp_path}/none.sock", "tcp://127.0.0.1:1", "ssh://somebody@somewhere"]

    assert [False, False, False] == [answers(url) for url in urls]


def test_failed_set_up_command_names_its_log(tmp_path: Path) -> None:
    """What a set-up command said is kept, and the error tells where."""
    log = tmp_path / "logs" / "set-up.log"

    with pytest.raises(ChoreError, match=f"ended with 4; all of its output is in {log}"):
        run_logged(["/bin/sh", "-c", "echo no room; exit 4"], log)
    assert "no room\n" == log.read_text()


def test_machine_without_apt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be installed, one line says what is missing."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ChoreError, match=r"^Docker Engine: please install \(as on Debian\) docker\.io iptables$"):
        debian.install(["docker.io", "iptables"], "Docker Engine")


def test_image_holds_a_link_for_each_applet(tmp_path: Path) -> None:
    """The test image is the binary, and every applet it lists is a link to it."""
    binary = tmp_path / "busybox"
    binary.write_text("#!/bin/sh\nprintf 'busybox\\nsh\\nhttpd\\n'\n")
    binary.chmod(0o755)
    with tarfile.open(fileobj=BytesIO(busybox.image_tar(binary))) as tar:
        links = {member.name: member.linkname for member in tar if member.issym() and member.name.startswith("bin/")}

        assert {"bin/sh": "busybox", "bin/httpd": "busybox"} == links
        assert 0o1777 == tar.getmember("tmp").mode


@pytest.mark.slow
def test_engine_api_tells_images_apart(docker_engine: docker.DockerClient) -> None:
    """The words that `./dev` says to an engine are understood by a real one."""
    url = docker_url()

    assert answers(url)
    assert has_image(url, BUSYBOX)
    assert not has_image(url, "koinon/none:latest")
