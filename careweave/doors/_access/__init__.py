"""Who may come to a door: system clients, their tokens and scopes. Knows no framework."""

from careweave.doors._access._clients import (
    Client,
    Clients,
    Registration,
    add_client,
    list_clients,
    revoke_client,
)

__all__ = [
    "Client",
    "Clients",
    "Registration",
    "add_client",
    "list_clients",
    "revoke_client",
]
