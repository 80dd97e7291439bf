"""What the doors of people share: shell, theme, security of pages, words, charts."""

from careweave.doors._frame._app import Door, is_fragment, make_app, render, request_id
from careweave.doors._frame._assets import asset, serve_static, static
from careweave.doors._frame._catalogue import (
    NAMES,
    UNCHECKED,
    direction,
    preferred,
    say_of,
)
from careweave.doors._frame._forms import Posted, check_signs, csrf_token, new_form, posted
from careweave.doors._frame._headers import as_download
from careweave.doors._frame._in_force import views_in_force
from careweave.doors._frame._language import (
    CHOOSE,
    here,
    language_asked,
    languages_of,
    ours,
    set_language,
)
from careweave.doors._frame._page import (
    Brand,
    Emergency,
    Form,
    Frame,
    Language,
    Page,
    Person,
    Place,
    Said,
    Say,
    Stay,
    Trouble,
    Wrong,
)
from careweave.doors._frame._who import Whose, clear_session, set_session

__all__ = [
    "CHOOSE",
    "NAMES",
    "UNCHECKED",
    "Brand",
    "Door",
    "Emergency",
    "Form",
    "Frame",
    "Language",
    "Page",
    "Person",
    "Place",
    "Posted",
    "Said",
    "Say",
    "Stay",
    "Trouble",
    "Whose",
    "Wrong",
    "as_download",
    "asset",
    "check_signs",
    "clear_session",
    "csrf_token",
    "direction",
    "here",
    "is_fragment",
    "language_asked",
    "languages_of",
    "make_app",
    "new_form",
    "ours",
    "posted",
    "preferred",
    "render",
    "request_id",
    "say_of",
    "serve_static",
    "set_language",
    "set_session",
    "static",
    "views_in_force",
]
