"""Drafts go to the server every 20 seconds and on leaving a field, and never into the browser."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from careweave.doors import _frame
from tests.lib.browser import CHROMIUM, chromium

STATIC = Path(_frame.__file__).parent / "static"
ORIGIN = "http://localhost:8000"
PAGE = """<!doctype html><title>Note</title><script type="module" src="/static/start.js"></script>
<form data-draft="/draft" method="post"><input type="hidden" name="form" value="one">
<input name="q-title" id="title"><textarea name="q-text" id="text"></textarea></form>"""
KEPT = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


@pytest.mark.journey
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_what_is_typed_is_kept_by_the_server_in_time_and_on_blur_and_by_nobody_else() -> None:
    posts, statuses = [], [401, 204, 204]

    def answer(route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/draft":
            posts.append((route.request.headers, parse_qs(route.request.post_data)))
            route.fulfill(status=statuses.pop(0))
        elif path.startswith("/static/"):
            body = (STATIC / path.removeprefix("/static/")).read_bytes()
            route.fulfill(body=body, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    with chromium() as browser:
        page = browser.new_page()
        page.route(f"{ORIGIN}/**", answer)
        page.clock.install()
        page.goto(f"{ORIGIN}/write")
        page.clock.run_for(41_000)
        assert posts == []
        page.fill("#text", "Wound dry.")
        for n in (1, 2):
            # Refused at first: what was not kept is sent again.
            with page.expect_response("**/draft"):
                page.clock.run_for(20_000)
            assert len(posts) == n
        page.clock.run_for(41_000)
        assert len(posts) == 2
        page.fill("#title", "Visit")
        page.focus("#text")
        with page.expect_response("**/draft"):
            page.clock.run_for(400)
        stored = page.evaluate(KEPT)
    headers, fields = posts[-1]
    assert headers["hx-request"] == "true"
    assert fields["q-title"] == ["Visit"]
    assert fields["q-text"] == ["Wound dry."]
    assert stored == '[{},{},""]'
