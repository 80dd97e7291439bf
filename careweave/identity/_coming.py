"""A record that came, made ready to be judged: normalised, checked, held against what is known."""

from dataclasses import dataclass, replace

from careweave.identity._compose import compose
from careweave.identity._held import Held
from careweave.identity._incoming import Incoming, Means, NumberTrust
from careweave.identity._keys import BlockKey, keys
from careweave.identity._limits import Limits
from careweave.identity._member import Member
from careweave.identity._norm import Norm
from careweave.identity._normalise import n_usable, normalise
from careweave.identity._raw import digest_of, write_raw


@dataclass(frozen=True, slots=True)
class Coming:
    """One version as it came: its bytes, their digest, what it says once normalised, its keys."""

    incoming: Incoming
    raw: bytes
    digest: bytes
    norm: Norm
    found: tuple[BlockKey, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """One version beside what is held. `whole` is what is known of the record in all periods.

    `keys` are those of `whole`, empty for what must never be found by comparison; `old_keys` those
    that are stored.
    """

    coming: Coming
    held: Held | None
    whole: Norm
    keys: tuple[BlockKey, ...]
    old_keys: frozenset[int]
    is_provisional: bool

    @property
    def incoming(self) -> Incoming:
        """Returns what came."""
        return self.coming.incoming

    @property
    def version(self) -> int:
        """Returns the number of this version, from 1."""
        return 1 if self.held is None else self.held.version + 1

    @property
    def is_sealed(self) -> bool:
        """Says that it is sealed, by what came or for ever since before."""
        was_sealed = self.held is not None and self.held.state == "sealed"
        return was_sealed or self.incoming.demographics.is_sealed

    @property
    def is_retired(self) -> bool:
        """Says that its source merged it into another."""
        return self.held is not None and self.held.replaced_by is not None


def come(incoming: Incoming, means: Means) -> Coming:
    """Returns one version normalised."""
    raw = write_raw(incoming.demographics)
    norm = normalise(incoming.demographics, means.rules, today=incoming.at.date())
    norm = trusted(norm, incoming.policy.numbers)
    return Coming(incoming, raw, digest_of(raw), norm, keys(norm))


def trusted(norm: Norm, trust: NumberTrust) -> Norm:
    """Returns demographics with their numbers as verified as their source is trusted.

    A CHI that contradicts birth date or sex is never verified. Source: reference/identity.md 5.
    """
    if trust is NumberTrust.STATED:
        return norm
    if trust is NumberTrust.UNVERIFIED:
        return replace(norm, verified=frozenset())
    held = {"nhs": norm.nhs, "chi": norm.chi, "hc": norm.hc}
    found = {kind for kind, digits in held.items() if digits}
    return replace(norm, verified=frozenset(found - _doubtful(norm)))


def _doubtful(norm: Norm) -> frozenset[str]:
    return frozenset({"chi"}) if "chi_mismatch" in norm.flags else frozenset()


def ready(coming: Coming, held: Held | None, limits: Limits) -> Ready:
    """Returns one version beside what is held of its record."""
    # A source that deletes a record may give its number to somebody else.
    is_fresh = held is None or held.person is None
    whole = coming.norm if held is None or is_fresh else compose(coming.norm, held.norm)
    is_provisional = n_usable(whole) < limits.usable_fields
    made = Ready(coming, held, whole, (), _old_keys(held, limits), is_provisional)
    if is_provisional or made.is_sealed or not coming.incoming.policy.links:
        return made
    return replace(made, keys=coming.found if is_fresh else keys(whole))


def _old_keys(held: Held | None, limits: Limits) -> frozenset[int]:
    if held is None or held.person is None or n_usable(held.norm) < limits.usable_fields:
        return frozenset()
    return frozenset(one.key for one in keys(held.norm))


def member(one: Ready, norm: Norm) -> Member:
    """Returns the record as a member, judged by these demographics."""
    incoming = one.incoming
    return Member(
        incoming.subject,
        incoming.authority,
        incoming.source,
        norm,
        incoming.at,
        incoming.alive_at,
        is_provisional=one.is_provisional,
        deduplicates=incoming.policy.deduplicates,
        version=one.version,
        decision=0 if one.held is None else one.held.decision,
    )
