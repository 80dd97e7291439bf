"""A slow, plain reading of R4 search over a list of resources: the meaning that SQL must keep.

Source: FHIR R4 4.0.1, search.html. It evaluates the expression of each parameter as it stands in
the definition, compares values with code of its own, and shares nothing with the extractors.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from careweave.record import parameters

ZONE = ZoneInfo("Europe/London")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
UCUM = "http://unitsofmeasure.org"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
CHOICES = [
    "Quantity",
    "CodeableConcept",
    "string",
    "boolean",
    "integer",
    "Range",
    "Ratio",
    "SampledData",
    "time",
    "dateTime",
    "Period",
    "Timing",
    "instant",
    "Age",
    "Reference",
    "Duration",
    "decimal",
    "date",
    "uri",
    "canonical",
    "Money",
    "Annotation",
    "Attachment",
]
# Unit -> (factor, base unit), for the few units that the worlds use.
UNITS = {
    "mg": (Decimal("0.001"), "g"),
    "g": (Decimal(1), "g"),
    "kg": (Decimal(1000), "g"),
    "cm": (Decimal("0.01"), "m"),
    "m": (Decimal(1), "m"),
    "mm[Hg]": (Decimal(1), "mm[Hg]"),
    "a": (Decimal(31557600), "s"),
    "mo": (Decimal(2629800), "s"),
}


@dataclass(frozen=True)
class Node:
    """A value on its way through an expression, with what is known of its type."""

    value: object
    type: str | None = None
    name: str = ""


class Oracle:
    """Answers queries over a fixed list of resources."""

    def __init__(self, resources, now, updated=None):
        self.updated = updated
        self.resources = {(r["resourceType"], r["id"]): r for r in resources}
        self.now = now

    def search(self, type_name, pairs):
        """The ids of the resources of a type that meet every pair."""
        found = [r for (t, _), r in self.resources.items() if t == type_name]
        return {r["id"] for r in found if all(self.meets(r, n, v) for n, v in pairs)}

    # -- one condition ----------------------------------------------------------------------

    def meets(self, resource, name, value):
        if name.startswith("_has:"):
            return self._has(resource, name, value)
        if "." in name:
            return self._chained(resource, name, value)
        name, _, modifier = name.partition(":")
        if name == "_lastUpdated":
            return any(self._date(self.updated, one, "") for one in cut(value, ","))
        if name == "_list":
            return any(self._in_list(resource, one) for one in cut(value, ","))
        if modifier == "missing":
            return (not self.values(resource, name)) == (value == "true")
        if modifier == "not":
            return not self.meets(resource, name, value)
        return any(self._one(resource, name, modifier, one) for one in cut(value, ","))

    def _one(self, resource, name, modifier, text):
        parameter = parameters(resource["resourceType"])[name]
        if parameter.kind == "composite":
            return self._composite(resource, parameter, text)
        return any(
            self._compare(parameter, modifier, node, text) for node in self.values(resource, name)
        )

    def _compare(self, parameter, modifier, node, text):
        compare = {
            "token": token,
            "string": string,
            "uri": uri,
            "date": self._date,
            "number": number,
            "quantity": quantity,
        }.get(parameter.kind.value)
        if parameter.kind == "reference":
            return self._reference(modifier, node, text)
        return compare(node, text, modifier)

    def values(self, resource, name):
        parameter = parameters(resource["resourceType"])[name]
        return self.evaluate(parameter.expression, resource)

    def _composite(self, resource, parameter, text):
        parts = cut(text, "$")
        roots = self.evaluate(parameter.expression, resource)
        return any(
            all(
                any(
                    self._compare(component, "", node, part)
                    for node in self.evaluate(component.expression, root.value)
                )
                for component, part in zip(parameter.components, parts, strict=True)
            )
            for root in roots
        )

    # -- references -------------------------------------------------------------------------

    def _reference(self, modifier, node, text):
        value = node.value
        if isinstance(value, str):
            return value == plain(text) or value.partition("|")[0] == plain(text)
        if modifier == "identifier":
            return "identifier" in value and token(
                Node(value["identifier"], "Identifier"), text, ""
            )
        said = re.sub(r"/_history/.*", "", value.get("reference", ""))
        wanted = plain(text)
        if modifier and "/" not in wanted:
            wanted = f"{modifier}/{wanted}"
        elif modifier and not wanted.startswith(f"{modifier}/"):
            return False
        if not said or said.startswith("#"):
            return False
        return said == wanted or ("/" not in wanted and said.split("/")[1:] == [wanted])

    def _type_of(self, value):
        said = value.get("reference", "")
        found = re.search(r"(?:^|/)([A-Z]\w+)/[A-Za-z0-9.-]+(?:/_history/\w+)?$", said)
        if found and (said.startswith(found[1]) or "type" not in value):
            return found[1]
        if "type" in value:
            return value["type"]
        return "Patient" if value.get("identifier", {}).get("system") == NHS else None

    def _led_to(self, resource, name):
        for node in self.values(resource, name):
            if isinstance(node.value, dict):
                said = re.sub(r"/_history/.*", "", node.value.get("reference", ""))
                found = self.resources.get(tuple(said.split("/")[:2]))
                if found is not None and said.count("/") == 1:
                    yield found

    def _chained(self, resource, name, value):
        head, _, rest = name.partition(".")
        name, _, only = head.partition(":")
        return any(
            self._understands(target, rest) and self.meets(target, rest, value)
            for target in self._led_to(resource, name)
            if not only or target["resourceType"] == only
        )

    def _understands(self, target, rest):
        name = rest.split(".")[0].split(":")[0]
        return name == "_has" or name in parameters(target["resourceType"])

    def _has(self, resource, name, value):
        _, type_name, reference, rest = name.split(":", 3)
        return any(
            any(target is resource for target in self._led_to(other, reference))
            and self.meets(other, rest, value)
            for (kind, _), other in self.resources.items()
            if kind == type_name
        )

    def _in_list(self, resource, name):
        found = self.resources.get(("List", name), {})
        here = f"{resource['resourceType']}/{resource['id']}"
        return any(
            re.sub(r"/_history/.*", "", e.get("item", {}).get("reference", "")) == here
            for e in found.get("entry", ())
        )

    # -- dates ------------------------------------------------------------------------------

    def _date(self, node, text, _modifier):
        spread = instant(node) if isinstance(node, datetime) else when(node.value)
        if spread is None:
            return False
        low, high = spread
        prefix, rest = prefix_of(text)
        first, last = moment(rest)
        if prefix == "ap":
            distance = max(first - self.now, self.now - last, timedelta(0))
            by = max(distance / 10, timedelta(days=1))
            return low < last + by and high > first - by
        inside = low >= first and high <= last
        return {
            "eq": inside,
            "ne": not inside,
            "gt": high > last,
            "lt": low < first,
            "ge": high > last or inside,
            "le": low < first or inside,
            "sa": low >= last,
            "eb": high <= first,
        }[prefix]

    # -- expressions ------------------------------------------------------------------------

    def evaluate(self, expression, start):
        """The nodes that an expression gives on a resource or element."""
        if " and " in expression:
            left, _, right = expression.partition(" and ")
            there = bool(self.evaluate(left.removesuffix(".exists()"), start))
            path, _, other = right.partition(" != ")
            differs = any(n.value is not (other == "true") for n in self.evaluate(path, start))
            return [Node(there and differs)]
        found = []
        for part in expression.split("|"):
            for node in self._path(part.strip(), start):
                if not any(node.value is one.value for one in found):
                    found.append(node)
        return found

    def _path(self, text, start):
        text = re.sub(r"\(([\w.]+) as (\w+)\)", r"\1.ofType(\2)", text)
        text = re.sub(r"^\((.*?\.ofType\(\w+\))\)", r"\1", text)
        steps = re.findall(
            r"where\(resolve\(\) is \w+\)|where\(\w+='[^']*'\)|[\w%]+\(\w*\)|[\w%\[\]]+", text
        )
        nodes = [Node(start)]
        if steps[0][0].isupper():
            if steps[0] not in (start.get("resourceType"), "Resource", "DomainResource"):
                return []
            steps = steps[1:]
        for step in steps:
            nodes = [new for node in nodes for new in self._step(node, step)]
        return nodes

    def _step(self, node, step):
        if step.startswith("where(resolve()"):
            wanted = step[:-1].split()[-1]
            return [node] if self._type_of(node.value) == wanted else []
        if step.startswith("where("):
            name, value = re.fullmatch(r"where\((\w+)='([^']*)'\)", step).groups()
            return [node] if node.value.get(name) == value else []
        if step.startswith("ofType("):
            return [node] if node.type and node.type.lower() == step[7:-1].lower() else []
        return self._child(node, step)

    def _child(self, node, step):
        name = step.removesuffix("[0]")
        if not isinstance(node.value, dict):
            return []
        if name in node.value:
            value = node.value[name]
            items = value if isinstance(value, list) else [value]
            return [Node(item, None, name) for item in (items[:1] if step != name else items)]
        return [
            Node(node.value[key], choice, name)
            for choice in CHOICES
            if (key := name + choice[0].upper() + choice[1:]) in node.value
        ]


# -- comparing values ---------------------------------------------------------------------------


def cut(text, separator):
    return re.split(r"(?<!\\)" + re.escape(separator), text)


def plain(text):
    return re.sub(r"\\([\\,|$])", r"\1", text)


def prefix_of(text):
    found = re.match(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)", text)
    return (found[1], text[2:]) if found else ("eq", text)


def folded(text):
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", text.casefold()).strip()


def token(node, text, modifier):
    if modifier == "of-type":
        return of_type(node.value, text)
    parts = [plain(p) for p in cut(text, "|")]
    code = parts[-1]
    system = parts[0] if len(parts) == 2 else None
    return any(
        (system is None or said[0] == system)
        and (code == "" or (said[1] or "").casefold() == code.casefold())
        for said in tokens(node)
    )


def tokens(node):
    value = node.value
    if isinstance(value, bool):
        return [("", "true" if value else "false")]
    if isinstance(value, str):
        return [("", value)]
    if node.name == "telecom":
        return [("", value.get("value"))]
    if "coding" in value:
        return [(c.get("system", ""), c.get("code")) for c in value["coding"]]
    if "code" in value:
        return [(value.get("system", ""), value["code"])]
    return [(value.get("system", ""), value.get("value"))]


def of_type(value, text):
    system, code, number = (plain(p) for p in cut(text, "|"))
    return value.get("value", "").casefold() == number.casefold() and any(
        c.get("system", "") == system and c.get("code", "").casefold() == code.casefold()
        for c in value.get("type", {}).get("coding", ())
    )


def texts(value):
    if isinstance(value, str):
        return [value]
    parts = [
        "family",
        "given",
        "prefix",
        "suffix",
        "text",
        "line",
        "city",
        "district",
        "state",
        "postalCode",
        "country",
    ]
    found = [value[p] for p in parts if p in value]
    return [t for one in found for t in (one if isinstance(one, list) else [one])]


def string(node, text, modifier):
    wanted = plain(text)
    if modifier == "exact":
        return wanted in texts(node.value)
    if modifier == "contains":
        return any(folded(wanted) in folded(t) for t in texts(node.value))
    return any(folded(t).startswith(folded(wanted)) for t in texts(node.value))


def uri(node, text, modifier):
    wanted = plain(text)
    if modifier == "below":
        return node.value.startswith(wanted)
    if modifier == "above":
        bare = node.value.partition("|")[0]
        above = "//" in bare and f"{wanted}/".startswith(f"{bare.rstrip('/')}/")
        return above or bare == wanted
    return wanted in (node.value, node.value.partition("|")[0])


def bounds(value):
    """The closed range of a number, Quantity or Range, and its units."""
    if isinstance(value, int | Decimal):
        return Decimal(value), Decimal(value), {}
    if "low" in value or "high" in value:
        low, high = value.get("low"), value.get("high")
        return (
            low["value"] if low else Decimal("-Infinity"),
            high["value"] if high else Decimal("Infinity"),
            low or high,
        )
    number, comparator = value.get("value"), value.get("comparator", "")
    if number is None:
        return None
    low = Decimal("-Infinity") if comparator.startswith("<") else Decimal(number)
    return low, Decimal("Infinity") if comparator.startswith(">") else Decimal(number), value


def ordered(prefix, low, high, text, scale=Decimal(1)):
    exact = Decimal(text)
    half = Decimal("0.5").scaleb(exact.as_tuple().exponent)
    first, last, exact = (exact - half) * scale, (exact + half) * scale, exact * scale
    tenth = abs(exact) / 10
    inside = low >= first and high < last
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > exact,
        "lt": low < exact,
        "ge": high >= exact,
        "le": low <= exact,
        "sa": low > exact,
        "eb": high < exact,
        "ap": low <= exact + tenth and high >= exact - tenth,
    }[prefix]


def number(node, text, _modifier):
    spread = bounds(node.value)
    prefix, rest = prefix_of(text)
    return spread is not None and ordered(prefix, *spread[:2], rest)


def quantity(node, text, _modifier):
    spread = bounds(node.value) if isinstance(node.value, dict) else None
    if spread is None:
        return False
    low, high, said = spread
    prefix, rest = prefix_of(text)
    parts = [plain(p) for p in cut(rest, "|")]
    if len(parts) == 1:
        return ordered(prefix, low, high, parts[0])
    system, code = parts[1:] if len(parts) == 3 else ("urn:iso:std:iso:4217", parts[1])
    if "currency" in said:
        said = {"system": "urn:iso:std:iso:4217", "code": said["currency"]}
    if not system:
        return code in (said.get("code"), said.get("unit")) and ordered(prefix, low, high, parts[0])
    if system == UCUM and code in UNITS:
        if said.get("system") != UCUM or said.get("code") not in UNITS:
            return False
        here, there = UNITS[said["code"]], UNITS[code]
        scaled = (low * here[0], high * here[0])
        return here[1] == there[1] and ordered(prefix, *scaled, parts[0], there[0])
    same = (said.get("system"), said.get("code")) == (system, code)
    return same and ordered(prefix, low, high, parts[0])


def instant(at):
    return at, at + timedelta(microseconds=1)


def moment(text):
    """The range [low, high) of a date or time as written."""
    if len(text) <= 10:
        year, month, day = (*map(int, text.split("-")), None, None)[:3]
        first = datetime(year, month or 1, day or 1, tzinfo=ZONE)
        if day:
            last = first + timedelta(days=1)
        elif month:
            last = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE)
        else:
            last = datetime(year + 1, 1, 1, tzinfo=ZONE)
        return first.astimezone(UTC), last.astimezone(UTC)
    at = datetime.fromisoformat(text)
    width = (
        timedelta(minutes=1) if re.search(r"T\d\d:\d\d(Z|[+-]|$)", text) else timedelta(seconds=1)
    )
    if "." in text:
        width = timedelta(milliseconds=1)
    at = at if at.tzinfo else at.replace(tzinfo=ZONE)
    return at.astimezone(UTC), at.astimezone(UTC) + width


def when(value):
    """The range of a date, Period or Timing."""
    if isinstance(value, str):
        return moment(value) if re.match(r"\d{4}", value) else None
    if not isinstance(value, dict):
        return None
    if "start" in value or "end" in value:
        low = moment(value["start"])[0] if "start" in value else FIRST
        return low, moment(value["end"])[1] if "end" in value else LAST
    spread = [moment(e) for e in value.get("event", ())]
    inner = when(value.get("repeat", {}).get("boundsPeriod"))
    spread += [inner] if inner else []
    return (min(s[0] for s in spread), max(s[1] for s in spread)) if spread else None
