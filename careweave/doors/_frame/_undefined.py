"""Names that a template does not have: lenient to the component macros, strict to our own."""

from dataclasses import is_dataclass

from jinja2 import ChainableUndefined, TemplateRuntimeError, UndefinedError
from jinja2.utils import missing


class PageUndefined(ChainableUndefined):
    """Lenient for optional keys of component parameters, strict for our own names and values.

    Source: `reference/interface.md` 5.2; the macros probe keys that they were not given and use
    the word `undefined` itself.
    """

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        """Fails at once for a name of ours that does not exist."""
        super().__init__(hint, obj, name, exc)
        is_unknown = obj is missing and hint is None and name != "undefined"
        if is_unknown or obj is None or (obj is not missing and is_dataclass(obj)):
            self._fail_with_undefined_error()
