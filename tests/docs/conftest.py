"""The running server that a reader of the docs has before them."""

from tests.lib.demo import running, server_home

__all__ = ["running", "server_home"]
