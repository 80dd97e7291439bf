"""One segment of an HL7 v2 message, cut into pieces only where it is asked."""

from careweave.formats._hl7_text import NULL, QUOTES, Delimiters, Null, unescape


class Segment:
    """A line of a message: its name, its place among all (from 0), and its text as sent.

    `fields[n]` is field n, in MSH too; `fields[0]` is the name.
    """

    __slots__ = ("_fields", "delimiters", "index", "name", "raw")

    def __init__(self, name: str, index: int, raw: str, delimiters: Delimiters) -> None:
        """Takes the text as sent, without its line end."""
        self.name = name
        self.index = index
        self.raw = raw
        self.delimiters = delimiters

    @property
    def fields(self) -> list[str]:
        """Returns the fields as sent, with all their escapes and separators."""
        try:
            return self._fields
        except AttributeError:
            # Cut at the first question: of many segments nobody asks anything.
            return self._cut()

    def _cut(self) -> list[str]:
        sign = self.delimiters.field
        fields = self.raw.split(sign)
        if self.name == "MSH":
            fields.insert(1, sign)
        self._fields = fields
        return fields

    def raw_field(self, field: int) -> str:
        """Returns the field as sent, empty where there is none."""
        fields = self.fields
        return fields[field] if field < len(fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """Returns the repetitions of the field as sent; none of an absent field."""
        text = self.raw_field(field)
        if not text:
            return []
        sign = self.delimiters.repetition
        # MSH-2 holds the separators themselves.
        if sign not in text or (field == 2 and self.name == "MSH"):
            return [text]
        return text.split(sign)

    def piece(
        self, field: int, repetition: int = 1, component: int = 1, sub: int = 1
    ) -> str | None:
        """Returns the piece as sent, escapes and all, or None where it is absent or empty.

        Counted from 1. Component 0 is the whole repetition, sub 0 the whole component. A part of
        what is `""` as a whole is `""` too.
        """
        fields = self.fields
        text = fields[field] if field < len(fields) else ""
        if not text or text == QUOTES or (field == 2 and self.name == "MSH"):
            return text or None
        signs = self.delimiters
        if repetition != 1 or signs.repetition in text:
            text = _part(text, signs.repetition, repetition)
        return piece_of(text, signs, component, sub)

    def get(
        self, field: int, repetition: int = 1, component: int = 1, sub: int = 1
    ) -> str | Null | None:
        """Returns the piece with its escapes resolved, NULL for `""`, None where it is absent."""
        text = self.piece(field, repetition, component, sub)
        if text is None:
            return None
        if text == QUOTES:
            return NULL
        signs = self.delimiters
        if signs.escape in text and not (field == 2 and self.name == "MSH"):
            return unescape(text, signs)
        return text

    def text(self, field: int, repetition: int = 1, component: int = 1, sub: int = 1) -> str:
        """Returns the piece with its escapes resolved; empty where it is absent or NULL."""
        value = self.get(field, repetition, component, sub)
        return value if isinstance(value, str) else ""


def piece_of(text: str, signs: Delimiters, component: int = 1, sub: int = 1) -> str | None:
    """Returns a component, or a part of it, of one repetition as sent; None where it is empty."""
    if not component or text == QUOTES:
        return text or None
    if signs.component in text:
        text = _part(text, signs.component, component)
    elif component != 1:
        return None
    if not sub or text == QUOTES:
        return text or None
    if signs.sub in text:
        text = _part(text, signs.sub, sub)
    elif sub != 1:
        return None
    return text or None


def _part(text: str, sign: str, number: int) -> str:
    if number == 1:
        return text.partition(sign)[0]
    parts = text.split(sign, number)
    return parts[number - 1] if number <= len(parts) else ""
