"""The keyed hashes under which messages wait and are found: none tells whose they are."""

import hmac


def lane_key(secret: bytes, lane: str) -> int:
    """Returns the number of a lane. Source: reference/interop.md 4."""
    return _number(secret, "lane", lane)


def patient_key(secret: bytes, identifier: str) -> int:
    """Returns the number of a patient's identifier "system|value", for the search of messages."""
    return _number(secret, "patient", identifier)


def _number(secret: bytes, kind: str, text: str) -> int:
    digest = hmac.digest(secret, f"{kind}\x1f{text}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)
