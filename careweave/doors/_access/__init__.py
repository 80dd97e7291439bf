"""Who may come to a door: systems with tokens, people with sessions. Knows no framework."""

from careweave.doors._access._actors import actor_of, officer_of, purpose_of, seat_of
from careweave.doors._access._clients import (
    Client,
    Clients,
    add_client,
    list_clients,
    revoke_client,
)
from careweave.doors._access._codes import Codes, first_password, n_codes, new_codes
from careweave.doors._access._demonstration import (
    Demonstration,
    ahead_of,
    clock_of,
    demonstration,
    is_loopback,
    keep_ahead,
    mark_demonstration,
)
from careweave.doors._access._handles import Handles
from careweave.doors._access._passkeys import Asked, Party, Passkey, Passkeys
from careweave.doors._access._people import (
    OFFICES,
    Account,
    Newcomer,
    Posting,
    account_named,
    account_of,
    add_account,
    add_posting,
    end_account,
    end_posting,
    list_accounts,
)
from careweave.doors._access._registration import Registration
from careweave.doors._access._sessions import (
    COOKIE,
    Assurance,
    Chooser,
    Kept,
    Limits,
    Proof,
    Seat,
    Sessions,
    SignedIn,
)
from careweave.doors._access._telling import Told

__all__ = [
    "COOKIE",
    "OFFICES",
    "Account",
    "Asked",
    "Assurance",
    "Chooser",
    "Client",
    "Clients",
    "Codes",
    "Demonstration",
    "Handles",
    "Kept",
    "Limits",
    "Newcomer",
    "Party",
    "Passkey",
    "Passkeys",
    "Posting",
    "Proof",
    "Registration",
    "Seat",
    "Sessions",
    "SignedIn",
    "Told",
    "account_named",
    "account_of",
    "actor_of",
    "add_account",
    "add_client",
    "add_posting",
    "ahead_of",
    "clock_of",
    "demonstration",
    "end_account",
    "end_posting",
    "first_password",
    "is_loopback",
    "keep_ahead",
    "list_accounts",
    "list_clients",
    "mark_demonstration",
    "n_codes",
    "new_codes",
    "officer_of",
    "purpose_of",
    "revoke_client",
    "seat_of",
]
