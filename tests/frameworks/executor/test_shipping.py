"""How an executor's code gets to the agent."""

import pytest

from koinon_core.containers import CommandInfo, CommandUri
from koinon_frameworks.executor import executor_info, fetched_file, file_at, installed_module


def test_an_installed_module_is_run_by_its_name() -> None:
    """No shell between: arguments arrive as they are."""
    expected = CommandInfo(shell=False, value="python3", arguments=("python3", "-m", "my.words", "--all of it"))

    assert expected == installed_module("my.words", "--all of it")


def test_a_fetched_file_is_run_in_the_sandbox() -> None:
    """Under the name that the fetcher gives it."""
    uri = "https://files.example/a/words.py?v=2"
    expected = CommandInfo(
        shell=False, value="py", arguments=("py", "words.py"), uris=(CommandUri(value=uri, extract=False),)
    )

    assert expected == fetched_file(uri, python="py")


def test_a_fetched_file_needs_a_name() -> None:
    """An address of a directory is refused where it is written."""
    with pytest.raises(ValueError, match="names no file"):
        fetched_file("https://files.example/")


def test_executor_info_has_resources_and_grace() -> None:
    """What it takes for itself, in cpus and MB, and how long its end may take."""
    info = executor_info("words", file_at("/opt/words.py"), cpus=0.2, mem=48, shutdown_grace=9)

    assert "words" == info.executor_id
    assert (0.2, 48.0) == (float(info.resources.scalar("cpus")), float(info.resources.scalar("mem")))
    assert 9.0 == (info.shutdown_grace_period and info.shutdown_grace_period.seconds)
