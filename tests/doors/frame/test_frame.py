"""What every page of people keeps: one content policy, forms that are ours, pages for trouble."""

import gzip
import secrets
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import UndefinedError
from markupsafe import Markup

from careweave.doors import _frame
from careweave.doors._frame import Door, Form, Frame, Page, csrf_token, new_form, posted
from careweave.doors._frame._forms import check_csrf
from careweave.terms import (
    Busy,
    Conflict,
    Forbidden,
    Incorrect,
    NotFound,
    OverBudget,
    Unauthenticated,
    Unavailable,
)

SECRET = b"s" * 32
ORIGIN = "http://localhost:8000"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    door = Door(
        name="workspace",
        templates=tmp_path,
        origin=ORIGIN,
        new_request_id=lambda: "request-1",
        secret=lambda: SECRET,
        frame=lambda title: Frame(door="workspace", title=title),
        systems=frozenset({"/workspace/launch"}),
    )
    app = _frame.make_app(door)
    app.add_url_rule("/workspace/long", "long", lambda: "x" * 5000)
    app.add_url_rule("/workspace/act", "act", lambda: "done", methods=["POST"])
    app.add_url_rule("/workspace/launch", "launch", lambda: "launched", methods=["POST"])
    return app


def _raises(app: Flask, error: BaseException) -> None:
    def answer() -> str:
        raise error

    app.add_url_rule("/workspace/raise", "raise", answer)


def test_every_answer_carries_the_one_content_policy(app: Flask) -> None:
    for path in ("/workspace/long", "/workspace/nowhere"):
        headers = app.test_client().get(path).headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
            "manifest-src 'self'"
        )
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "HX-Request" in headers["Vary"]
        assert "Set-Cookie" not in headers


def test_a_long_answer_is_compressed_for_who_asks(app: Flask) -> None:
    plain = app.test_client().get("/workspace/long")
    packed = app.test_client().get("/workspace/long", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < 200


@pytest.mark.attack(54)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_post_from_another_site_does_nothing(app: Flask, headers: dict[str, str]) -> None:
    fields = {"csrf": csrf_token(SECRET, secrets.token_bytes)}
    assert app.test_client().post("/workspace/act", data=fields, headers=headers).status_code == 403


@pytest.mark.attack(54)
@pytest.mark.parametrize(
    "token",
    ["", "x", csrf_token(b"o" * 32, secrets.token_bytes)],
    ids=["none", "nonsense", "of another session"],
)
def test_a_post_without_the_sessions_own_token_does_nothing(app: Flask, token: str) -> None:
    client = app.test_client()
    assert client.post("/workspace/act", data={"csrf": token}, headers=OURS).status_code == 403


def test_a_post_from_our_page_is_taken_by_either_sign(app: Flask) -> None:
    for headers in (OURS, {"Origin": ORIGIN}):
        fields = {"csrf": csrf_token(SECRET, secrets.token_bytes)}
        answer = app.test_client().post("/workspace/act", data=fields, headers=headers)
        assert answer.text == "done"


def test_a_registered_system_posts_by_its_own_proof(app: Flask) -> None:
    assert app.test_client().post("/workspace/launch").text == "launched"


def test_the_token_is_never_the_same_twice_and_always_good() -> None:
    made = {csrf_token(SECRET, secrets.token_bytes) for _ in range(5)}
    assert len(made) == 5
    for token in made:
        check_csrf(SECRET, token)


def _form(**changed: str) -> tuple[Form, dict[str, str]]:
    form = new_form(SECRET, "note", "handle-a", secrets.token_bytes)
    return form, {"form": form.id, "about": form.about, **changed}


def test_a_form_comes_back_for_its_own_person_alone() -> None:
    _, fields = _form()
    assert posted(SECRET, fields, "note", "handle-a").about == "handle-a"
    for page, about in (("note", "handle-b"), ("alert", "handle-a")):
        with pytest.raises(Conflict):
            posted(SECRET, fields, page, about)
    with pytest.raises(Conflict):
        posted(SECRET, {**fields, "about": "handle-b"}, "note", "handle-a")
    with pytest.raises(Conflict):
        posted(SECRET, {**fields, "about": "handle-b"}, "note", "handle-b")
    with pytest.raises(Conflict):
        posted(b"t" * 32, fields, "note", "handle-a")
    with pytest.raises(Incorrect):
        posted(SECRET, {"about": "handle-a"}, "note", "handle-a")


def test_one_form_has_one_number_and_two_forms_have_two() -> None:
    _, first = _form()
    _, second = _form()
    number = posted(SECRET, first, "note", "handle-a").id
    assert posted(SECRET, first, "note", "handle-a").id == number
    assert posted(SECRET, second, "note", "handle-a").id != number


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (NotFound(), 404, "This page is not here"),
        (Forbidden("You have no tie with this person."), 403, "You cannot do this"),
        (Conflict(), 409, "This was changed in the meantime"),
        (Incorrect(), 400, "This could not be read"),
        (Busy(), 429, "Too many at once"),
        (Unavailable(), 503, "Not possible just now"),
        (ZeroDivisionError("Edna Hartley"), 500, "Something went wrong here"),
    ],
)
def test_what_went_wrong_is_a_page_with_a_number_and_no_data(
    app: Flask, error: BaseException, status: int, heading: str
) -> None:
    _raises(app, error)
    answer = app.test_client().get("/workspace/raise")
    assert answer.status_code == status
    assert f">{heading}</h1>" in answer.text
    assert "request-1" in answer.text
    assert "Hartley" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_absent_and_not_visible_read_alike(app: Flask) -> None:
    _raises(app, NotFound("There is no such person, but somebody else may see one."))
    told = app.test_client().get("/workspace/raise")
    absent = app.test_client().get("/workspace/nowhere")
    assert told.data == absent.data


def test_trouble_in_a_part_of_a_page_is_a_part_of_a_page(app: Flask) -> None:
    _raises(app, Unavailable())
    answer = app.test_client().get("/workspace/raise", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert "Not possible just now" in answer.text


def test_over_budget_says_when_to_come_back(app: Flask) -> None:
    _raises(app, OverBudget(90))
    assert app.test_client().get("/workspace/raise").headers["Retry-After"] == "90"


def test_an_ended_session_leads_a_page_to_sign_in_and_a_part_away_whole(app: Flask) -> None:
    _raises(app, Unauthenticated())
    page = app.test_client().get("/workspace/raise")
    assert (page.status_code, page.headers["Location"]) == (303, "/workspace/sign-in")
    part = app.test_client().get("/workspace/raise", headers={"HX-Request": "true"})
    assert (part.status_code, part.data) == (401, b"")
    assert part.headers["HX-Redirect"] == "/workspace/signed-out"


def _rendered(app: Flask, source: str, body: object = None) -> str:
    with app.app_context(), app.test_request_context():
        frame = Frame(door="workspace", title="A page")
        return app.jinja_env.from_string(source).render(page=Page(frame, body))


@pytest.mark.parametrize(
    "source", ["{{ pagge }}", "{{ page.nolabel }}", "{{ page.body.deep }}", "{{ page.frame.x.y }}"]
)
def test_a_name_that_is_not_ours_fails(app: Flask, source: str) -> None:
    with pytest.raises(UndefinedError):
        _rendered(app, source)


_MACROS = [
    ("button", "button", "text"),
    ("input", "input", "label.text"),
    ("select", "select", "label.text"),
    ("textarea", "textarea", "label.text"),
    ("radios", "radios", "fieldset.legend.text"),
    ("checkboxes", "checkboxes", "fieldset.legend.text"),
    ("tag", "tag", "text"),
    ("card", "card", "heading"),
    ("details", "details", "summaryText"),
    ("error-message", "errorMessage", "text"),
    ("error-summary", "errorSummary", "titleText"),
    ("hint", "hint", "text"),
    ("inset-text", "insetText", "text"),
    ("label", "label", "text"),
    ("warning-callout", "warningCallout", "heading"),
    ("back-link", "backLink", "text"),
    ("date-input", "dateInput", "hint.text"),
]


@pytest.mark.attack(53)
@pytest.mark.parametrize(("folder", "macro", "where"), _MACROS)
def test_every_component_escapes_its_text(app: Flask, folder: str, macro: str, where: str) -> None:
    value: object = "<script>x</script>"
    for part in reversed(where.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    value |= {"id": "a", "name": "a", "idPrefix": "a", "items": [], "errorList": []}
    source = (
        f"{{% from 'nhsuk/components/{folder}/macro.jinja' import {macro} %}}"
        f"{{{{ {macro}(page.body) }}}}"
    )
    told = _rendered(app, source, value)
    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_no_template_is_given_the_request_or_the_settings(app: Flask) -> None:
    for name in ("request", "config", "session", "g", "url_for"):
        with pytest.raises(UndefinedError):
            _rendered(app, f"{{{{ {name} }}}}")


def test_text_from_a_source_is_never_markup(app: Flask) -> None:
    assert "&lt;b&gt;" in _rendered(app, "{{ 'Hello {x}' | say(x=page.body) }}", "<b>")
    assert "<b>" in _rendered(app, "{{ 'Hello {x}' | say(x=page.body) }}", Markup("<b>"))
