"""What a page says, read from its bytes as a browser would, without one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from lxml import html

_STEP = re.compile(
    r"(?P<tag>^[a-z0-9]+)|\.(?P<kind>[\w-]+)|#(?P<id>[\w-]+)"
    r"|\[(?P<name>[\w-]+)(?:(?P<how>[~^]?=)\"?(?P<value>[^\"\]]*)\"?)?\]"
)
_SPACES = {ord("\u00a0"): " ", ord("\u202f"): " "}


@dataclass(frozen=True)
class Said:
    """One voice of a row: the entry, its source and its date, and all that it says."""

    entry: str
    source: str
    date: str
    text: str


class Seen:
    """A page; `found` is the part of it that is looked at."""

    def __init__(self, page: str | html.HtmlElement) -> None:
        """Takes a page, or a part of one."""
        self.found = html.fromstring(page) if isinstance(page, str) else page

    def all(self, selector: str) -> list["Seen"]:
        """Every part of the page that a CSS selector finds."""
        return [Seen(one) for one in self.found.xpath(_xpath(selector))]

    def one(self, selector: str) -> "Seen":
        """The only part that a CSS selector finds."""
        (found,) = self.all(selector)
        return found

    def has(self, selector: str) -> bool:
        """Whether there is such a part."""
        return bool(self.found.xpath(_xpath(selector)))

    @cached_property
    def text(self) -> str:
        """The text, with spaces as one types them."""
        return " ".join(self.found.text_content().translate(_SPACES).split())

    def get(self, name: str) -> str:
        """An attribute of this part."""
        return str(self.found.get(name, ""))

    @property
    def links(self) -> list[str]:
        """The addresses that it leads to, without what is on the same page."""
        found = (one.get("href", "") for one in self.found.xpath(".//a[@href]"))
        return [one for one in dict.fromkeys(found) if not one.startswith("#")]

    @property
    def voices(self) -> list[Said]:
        """Each entry that it shows, with what stands by it."""
        return list(self._voices())

    def _voices(self) -> Iterator[Said]:
        for one in self.all("[data-entry]"):
            sources = [each.text for each in one.all("[data-source]")]
            dates = [each.text for each in one.all("[data-date]")]
            yield Said(one.get("data-entry"), *sources[:1] or [""], *dates[:1] or [""], one.text)

    def fields(self, selector: str) -> dict[str, str]:
        """What a form of the page would send if it were sent as it is."""
        return {key: str(value or "") for key, value in self.one(selector).found.form_values()}


@cache
def _xpath(selector: str) -> str:
    """Returns the path of a selector of tags, classes, ids, attributes, descendants and commas."""
    paths = []
    for one in re.split(r",\s*", selector):
        steps = re.findall(r"(?:[^\s\[]|\[[^\]]*\])+", one)
        paths.append("." + "".join(f"//{_step(step)}" for step in steps))
    return " | ".join(paths)


def _step(step: str) -> str:
    tag, tests = "*", []
    for found in _STEP.finditer(step):
        if found["tag"]:
            tag = found["tag"]
        elif found["kind"]:
            tests.append(f"contains(concat(' ', @class, ' '), ' {found['kind']} ')")
        elif found["id"]:
            tests.append(f"@id='{found['id']}'")
        elif found["how"] == "^=":
            tests.append(f"starts-with(@{found['name']}, '{found['value']}')")
        else:
            value = f"='{found['value']}'" if found["how"] else ""
            tests.append(f"@{found['name']}{value}")
    return tag + "".join(f"[{one}]" for one in tests)
