"""Forms of a page as a browser would post them: what is hidden in them, what was typed."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    """Collects the forms of a page: their address, their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.is_inside = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action", ""), {}))
            self.is_inside = True
        elif tag == "input" and self.is_inside and given.get("name"):
            is_choice = given.get("type") in {"radio", "checkbox"}
            if not is_choice or "checked" in given:
                self.found[-1][1][given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_inside = False


def form_of(page: str, action: str) -> dict[str, str]:
    """The fields of the form that posts to an address; the address may be the end of it."""
    forms = _Forms()
    forms.feed(page)
    return next(fields for where, fields in forms.found if where.endswith(action))


def sent(visitor, path: str, *, action: str = "", **typed: str):
    """Opens a page, fills in its form and posts it, as somebody does."""
    page = visitor.get(path)
    assert page.status_code == 200, (path, page.status_code, page.text[-800:])
    where = action or path.rpartition("/workspace")[2]
    fields = form_of(page.text, where)
    return visitor.post(action or path, fields | {k.replace("_", "-"): v for k, v in typed.items()})
