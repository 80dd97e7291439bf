"""The evidence that a human judged, as a digest: the same is not asked twice.

Source: reference/identity.md section 7 V6: a decision is asked anew only when a verified number,
the birth date or a name has changed since.
"""

import hashlib

from careweave.identity._norm import Norm


def evidence(norm: Norm) -> bytes:
    """Returns the digest of the verified numbers, the birth date and the names of a record."""
    numbers = sorted((kind, getattr(norm, kind)) for kind in norm.verified)
    names = sorted({(name.family, name.given) for name in norm.names})
    text = repr((numbers, norm.birth, norm.precision, names))
    return hashlib.sha256(text.encode()).digest()


def basis(*norms: Norm) -> bytes:
    """Returns the digest of the evidence of several records, in whatever order they are given."""
    return hashlib.sha256(b"".join(sorted(evidence(norm) for norm in norms))).digest()
