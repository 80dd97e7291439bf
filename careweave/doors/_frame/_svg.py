"""Parts of a drawing as text: numbers short and stable, every word escaped."""

from markupsafe import Markup, escape


def n(value: float) -> str:
    """Returns a length with at most one decimal, so that drawings are stable."""
    text = f"{value:.1f}"
    return text.removesuffix(".0").replace("-0", "0") if text in {"-0.0", "-0"} else _short(text)


def _short(text: str) -> str:
    return text.removesuffix(".0")


def node(name: str, body: str | Markup = "", /, **attributes: str | float) -> Markup:
    """Returns one element; `_` in the name of an attribute is a hyphen, a last one is dropped."""
    told = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _value(value))
        for key, value in attributes.items()
    )
    start = Markup("<{}{}").format(Markup(name), told)  # noqa: S704  the name is ours
    if not body:
        return start + Markup("/>")
    return start + Markup(">") + escape(body) + Markup("</{}>").format(Markup(name))  # noqa: S704


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else n(value)


def path(*points: tuple[float, float], is_closed: bool = False) -> str:
    """Returns the way through the points."""
    way = "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)
    return way + "z" if is_closed else way
