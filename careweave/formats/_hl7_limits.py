"""How large an HL7 v2 message may be."""

from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hl7Limits:
    """The bounds of one message; each is the largest that is still accepted.

    `size` in bytes; `fields` in a segment, `repetitions` in a field, `components` in a repetition
    (told only of segments with more characters than `fields`: shorter ones cost nothing).
    Source: `reference/interop.md` 2.2, `reference/security.md` 7.
    """

    size: int = 16 * _MEBIBYTE
    segments: int = 20_000
    fields: int = 600
    repetitions: int = 2_000
    components: int = 100
    header: int = 16 * 1024


HL7_LIMITS = Hl7Limits()
