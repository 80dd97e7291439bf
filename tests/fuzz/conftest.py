"""The running server of the fuzz tests."""

from tests.lib.demo import running, server_home

__all__ = ["running", "server_home"]
