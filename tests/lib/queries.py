"""Seeded queries over a world: every kind of parameter, modifier, prefix, chain and composite."""

from careweave.record import parameters
from tests.lib.worlds import (
    CITIES,
    CODES,
    DATES,
    MRN,
    N_OF,
    NAMES,
    NHS,
    NUMBERS,
    PREFIXES,
    UCUM,
    UNITS,
    URLS,
    V2,
)

UPDATES = ["2026", "2026-03-01", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00+01:00", "2027"]
# Their component is a parameter that reads more than the composite's own expression.
_LEFT_OUT = {
    "code-value-string",
    "_text",
    "_content",
    "_query",
    "_lastUpdated",
    "_list",
    "_id",
    "near",
    "phonetic",
}
_PLAIN = {
    "status": ["final", "active", "finished", "current"], "gender": ["male", "female"], "active": ["true", "false"],
    "deceased": ["true", "false"], "criticality": ["low"], "phone": ["0113 1"], "email": ["a@b.example"],
    "actual": ["true"],
    "exclude": ["true", "false"],
    "telecom": ["0113 1", "a@b.example"], "version": ["1.0"], "intent": ["order"],
}  # fmt: skip


class Asker:
    """Makes queries that fit a world."""

    def __init__(self, world):
        self.world = world
        self.pick = world.pick
        self.chance = world.random.random

    def query(self):
        """One search as (type, pairs)."""
        type_name = self.pick(list(N_OF))
        n_pairs = 1 if self.chance() < 0.6 else 2
        return type_name, [self.pair(type_name, 2) for _ in range(n_pairs)]

    def pair(self, type_name, depth):
        if depth and self.chance() < 0.25:
            made = (
                self.chain(type_name, depth) if self.chance() < 0.6 else self.has(type_name, depth)
            )
            if made is not None:
                return made
        if self.chance() < 0.05:
            return "_id", ",".join(self.pick(self.world.ids[type_name]) for _ in range(2))
        if self.chance() < 0.05:
            return "_lastUpdated", self.pick(PREFIXES) + self.pick(UPDATES)
        if self.chance() < 0.3 and type_name in {"Observation", "Condition"} and depth == 2:
            return "_list", ",".join(self.pick(self.world.ids["List"]) for _ in range(2))
        parameter = self.parameter(type_name)
        if self.chance() < 0.08 and parameter.kind != "composite":
            return f"{parameter.name}:missing", self.pick(["true", "false"])
        return self.condition(parameter)

    def parameter(self, type_name):
        """A parameter that the world has values for, mostly."""
        known = [
            p for n, p in parameters(type_name).items() if n not in _LEFT_OUT and p.place != "none"
        ]
        said = [p for p in known if self._likely(p)]
        return self.pick(said if said and self.chance() < 0.95 else known)

    def _likely(self, parameter):
        values = [v for v in self.world.values if v["resourceType"] == parameter.type]
        return any(self.world.oracle.evaluate(parameter.expression, v) for v in values)

    def condition(self, parameter):
        """A name with its modifier and a value list."""
        make = getattr(self, f"_{parameter.kind.value}")
        modifier, text = make(parameter)
        if self.chance() < 0.2 and modifier != ":not":
            other = make(parameter)
            if other[0] == modifier:
                text = f"{text},{other[1]}"
        return parameter.name + modifier, text

    def chain(self, type_name, depth):
        references = self._references(type_name)
        if not references:
            return None
        parameter, target = self.pick(references)
        name, value = self.pair(target, depth - 1)
        if len(parameter.targets) == 1 and self.chance() < 0.5:
            return f"{parameter.name}.{name}", value
        return f"{parameter.name}:{target}.{name}", value

    def has(self, type_name, depth):
        found = [p for t in N_OF for p, target in self._references(t) if target == type_name]
        if not found:
            return None
        parameter = self.pick(found)
        name, value = self.pair(parameter.type, depth - 1)
        return f"_has:{parameter.type}:{parameter.name}:{name}", value

    def _references(self, type_name):
        return [
            (p, t)
            for p in parameters(type_name).values()
            if p.kind == "reference" and p.name not in _LEFT_OUT and self._likely(p)
            for t in p.targets
            if t in N_OF
        ]

    # -- values -----------------------------------------------------------------------------

    def _token(self, parameter):
        if parameter.name == "identifier":
            return self._identifier()
        modifier = ":not" if self.chance() < 0.15 else ""
        if parameter.name in _PLAIN:
            return modifier, self.pick(_PLAIN[parameter.name])
        return modifier, self.token()

    def token(self):
        system, code = self.pick(CODES)
        if self.chance() < 0.2:
            code = code.swapcase()
        forms = [code, f"{system or ''}|{code}", f"{system or ''}|{code}"]
        return self.pick([*forms, f"{system}|"] if system else forms)

    def _identifier(self):
        value = self.pick(["9000000009", "M1", r"m\|2", "m3"])
        if self.chance() < 0.25:
            return ":of-type", f"{V2}|{self.pick(['MR', 'NH'])}|{value}"
        return "", self.pick([value, f"{NHS}|{value}", f"{MRN}|{value}", f"|{value}", f"{MRN}|"])

    def _reference(self, parameter):
        known = [t for t in parameter.targets if t in N_OF]
        if parameter.name == "instantiates-canonical" or not known:
            return "", self.pick(URLS).replace("|", r"\|")
        target = self.pick(known)
        name = self.pick(self.world.ids[target])
        roll = self.chance()
        if roll < 0.15:
            return ":identifier", self.pick(["M1", f"{NHS}|9000000009", f"{MRN}|m3"])
        if roll < 0.3:
            return f":{target}", name
        if roll < 0.35:
            return "", f"http://elsewhere.example/fhir/{target}/77"
        return "", self.pick([name, f"{target}/{name}", f"{target}/{name}"])

    def _string(self, parameter):
        words = CITIES if "address" in parameter.name else NAMES
        word = self.pick(words)
        roll = self.chance()
        if roll < 0.2:
            return ":exact", word
        if roll < 0.4:
            return ":contains", word[1:5]
        return "", self.pick([word, word[:3], word.upper(), word.lower()])

    def _uri(self, parameter):
        url = self.pick(URLS).partition("|")[0]
        if parameter.place == "tok":
            return "", url
        return self.pick(["", "", ":below", ":above"]), url

    def date(self):
        return self.pick(PREFIXES) + self.pick(DATES)

    def _date(self, parameter):
        dates = (
            ["1980", "1980-05", "1980-05-01", "1990"] if parameter.name == "birthdate" else DATES
        )
        return "", self.pick(PREFIXES) + self.pick(dates)

    def number(self):
        return self.pick(PREFIXES) + self.pick(NUMBERS)

    def _number(self, _parameter):
        return "", self.number()

    def quantity(self):
        unit = self.pick(UNITS)
        return self.number() + self.pick(
            ["", f"|{UCUM}|{unit}", f"|{UCUM}|{unit}", f"||{unit}", "||tablets", "||milligrams",
             "|http://other.example/units|mg"]
        )  # fmt: skip

    def _quantity(self, parameter):
        if parameter.name.startswith("price"):
            return "", self.number() + self.pick(["", "|GBP", "||EUR", "|urn:iso:std:iso:4217|GBP"])
        if "age" in parameter.name:
            return "", self.pick(PREFIXES) + self.pick(["1", "12", "30", "1.0"]) + self.pick(
                ["", f"|{UCUM}|a", f"|{UCUM}|mo"]
            )
        return "", self.quantity()

    def _composite(self, parameter):
        parts = [self._component(component) for component in parameter.components]
        return "", "$".join(parts)

    def _component(self, component):
        if component.name == "relation":
            return self.pick(["replaces", "appends"])
        if component.kind == "token":
            return self.pick([t for t in [self.token() for _ in range(9)] if not t.endswith("|")])
        if component.kind == "reference":
            return f"DocumentReference/{self.pick(self.world.ids['DocumentReference'])}"
        return {"quantity": self.quantity, "date": self.date, "number": self.number}[
            component.kind
        ]()
