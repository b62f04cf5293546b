"""The fixtures as pytest finds them where the wheel is installed, whatever this checkout's metadata says."""

from koinon_frameworks.testing.pytest_plugin import koinon_master

__all__ = ["koinon_master"]
