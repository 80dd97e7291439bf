"""Who may come to a door: system clients, their tokens and scopes. Knows no framework."""

from careweave.doors._access._clients import (
    Client,
    Clients,
    add_client,
    list_clients,
    revoke_client,
)
from careweave.doors._access._registration import Registration

__all__ = [
    "Client",
    "Clients",
    "Registration",
    "add_client",
    "list_clients",
    "revoke_client",
]
