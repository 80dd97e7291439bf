"""U6: a community nurse works eight hours without a line. Source: reference/stories.md U6.

One browser profile on disk, its own clock, no network; what is on the disk is searched.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from careweave.terms import Role
from tests.lib.browser import CHROMIUM, PHONE, Tab, sign_in, watched
from tests.lib.day10 import Day10
from tests.lib.pages import Visitor, World, world_over

CASELOAD = (
    "edna-hartley", "parveen-akhtar", "chidi-okonkwo", "john-mcallister-sr", "jin-xiaoling",
    "mohammed-al-haddad", "winifred-achterberg", "arthur-pennyfeather", "bridget-connors",
    "nasreen-akhtar", "tyler-marsh", "dorothy-lumb",
)  # fmt: skip
PIN = "40718265"
EDITS = 100
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"
)

# What a nurse does, by the page's own forms; one after another, as a person would.
_WRITE = """async ([kind, texts]) => {
  const waiting = () => Number(document.querySelector('[data-fill="waiting"]').textContent || 0);
  for (const [at, text] of texts) {
    const before = waiting();
    const fold = document.querySelectorAll('#visits-app [data-visit] details')[at];
    const area = fold.querySelector(`textarea[data-kind="${kind}"]`);
    area.value = text;
    area.form.requestSubmit();
    for (let n = 0; waiting() === before && n < 400; n++) await new Promise(r => setTimeout(r, 5));
  }
  return waiting();
}"""
_FOLDS = "#visits-app [data-visit] details"


@pytest.fixture(scope="module")
def world(northmere10: Day10, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_over(northmere10, tmp_path_factory.mktemp("u6"), is_served=True) as made:
        made.hear()
        for key in CASELOAD:
            made.tie(made.person(key), Role.CN)
        yield made


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """A device: a browser whose profile stays on disk."""
    with sync_playwright() as playwright:
        opened: list[BrowserContext] = []

        def start() -> BrowserContext:
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path / "profile"),
                executable_path=CHROMIUM,
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
                viewport={"width": PHONE[0], "height": PHONE[1]},
                locale="en-GB",
            )
            context.set_default_timeout(45_000)
            opened.append(context)
            return context

        yield start
        for context in opened:
            context.close()


def _list(context: BrowserContext, world: World, user: str = "u-cn") -> Tab:
    sign_in(context, world.base, world.token(user))
    made = watched(context, world.base)
    made.open("/workspace/visits")
    return made


def _take(tab: Tab) -> None:
    tab.page.fill("#pin-new", PIN)
    tab.page.fill("#pin-again", PIN)
    tab.page.click('[data-do="take"] button')
    tab.page.wait_for_selector('[data-state-of="open"]:not([hidden])')
    tab.page.evaluate("navigator.serviceWorker.ready")


def _unlock(tab: Tab, pin: str = PIN) -> None:
    tab.page.wait_for_selector('[data-state-of="locked"]:not([hidden])')
    tab.page.fill("#pin", pin)
    tab.page.click('[data-do="unlock"] button')


def _said(tab: Tab) -> str:
    return tab.page.inner_text('[data-fill="said"]')


def _note(visitor: Visitor, key: str, text: str) -> None:
    """Somebody keeps up a standing note on line."""
    address = visitor.record(visitor.world.person(key), "visit")
    forms = visitor.get(address).text.split("<form ")
    asked = [one for one in forms if 'name="text"' in one][-1]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked))
    assert visitor.post(address, {**fields, "text": text}).status_code == 303


def _states(world) -> Counter[str]:
    """How many notes of devices stand in each state."""
    rows = world.rows(
        "SELECT state, count(*) FROM workspace.visit_edit WHERE copy IS NOT NULL GROUP BY 1"
    )
    return Counter(dict(rows))


def test_a_day_without_a_line_ends_with_every_note_filed_or_shown(world, device) -> None:
    before = _states(world)
    other = world.signed_in("u-cn-b")
    for key in CASELOAD:
        _note(other, key, "Ring twice.")
    world.work()
    context = device()
    tab = _list(context, world)
    tab.page.clock.install()
    tab.open("/workspace/visits")
    _take(tab)
    n_people = tab.page.locator(_FOLDS).count()
    assert n_people >= len(CASELOAD)
    assert tab.troubles == []

    # Meanwhile another nurse changes what stands at twelve of them.
    world.later(minutes=10)
    for key in CASELOAD:
        _note(other, key, "The lock was changed.")
    world.work()

    context.set_offline(True)
    tab.page.reload()
    assert tab.page.is_visible("[data-offline]")
    _unlock(tab)
    tab.page.wait_for_selector(_FOLDS)
    tab.page.clock.fast_forward("08:00:00")
    _unlock(tab)
    tab.page.wait_for_selector(_FOLDS)
    names = tab.page.locator(f"{_FOLDS} summary b").all_inner_texts()
    stands = [at for at in range(n_people) if _stands(tab, at)]
    assert len(stands) == len(CASELOAD), names
    access = [[at, f"Mine for {at}"] for at in stands]
    assert tab.page.evaluate(_WRITE, ["access", access]) == len(access)
    notes = [[n % n_people, f"Note {n}"] for n in range(EDITS - len(access))]
    assert tab.page.evaluate(_WRITE, ["note", notes]) == EDITS

    context.set_offline(False)
    world.later(hours=8)
    world.hear()
    tab = _list(context, world)
    tab.page.wait_for_selector("[data-conflict]")
    assert tab.page.locator("[data-conflict]").count() == len(CASELOAD)
    first = tab.page.locator("[data-conflict]").first
    assert "Mine for" in first.locator("[data-mine]").inner_text()
    assert "The lock was changed." in first.locator("[data-theirs]").inner_text()
    assert _states(world) - before == {
        "filed": EDITS - len(CASELOAD),
        "conflict": len(CASELOAD),
    }
    assert tab.page.locator('[data-state-of="waiting"]').is_hidden()


def _stands(tab: Tab, at: int) -> bool:
    area = tab.page.locator(_FOLDS).nth(at).locator('textarea[data-kind="access"]')
    return bool(area.input_value())


@pytest.mark.attack(73)
def test_what_lies_on_the_disk_is_ciphertext(world, device, tmp_path) -> None:
    context = device()
    tab = _list(context, world)
    _take(tab)
    context.set_offline(True)
    tab.open("/workspace/visits")
    _unlock(tab)
    tab.page.wait_for_selector(_FOLDS)
    tab.page.evaluate(_WRITE, ["note", [[0, "canary-in-a-note-7731"]]])
    kept = tab.page.evaluate("localStorage.length + sessionStorage.length")
    assert kept == 0
    context.close()
    held = b"".join(p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file())
    assert b"careweave-visits" in held
    for canary in ("canary-in-a-note-7731", "HARTLEY", "Hartley", "MCALLISTER", PIN):
        for told in (canary.encode(), canary.encode("utf-16-le")):
            assert told not in held, canary


@pytest.mark.attack(73)
def test_the_copy_is_gone_after_twelve_hours_even_if_the_clock_is_turned_back(
    world, device
) -> None:
    context = device()
    tab = _list(context, world)
    tab.page.clock.install()
    tab.open("/workspace/visits")
    _take(tab)
    context.set_offline(True)
    tab.page.reload()
    _unlock(tab)
    tab.page.wait_for_selector(_FOLDS)
    tab.page.clock.fast_forward("11:50:00")
    # The clock is turned back: the latest time that was seen still counts.
    tab.page.clock.set_system_time(0)
    tab.page.clock.fast_forward("00:11:00")
    tab.page.wait_for_selector('[data-state-of="locked"]', state="hidden")
    assert "expired" in _said(tab)
    assert tab.page.locator(_FOLDS).count() == 0
    held = tab.page.evaluate(_HELD)
    assert held == {"meta": 0, "keys": 0, "people": 0, "mine": 0, "outbox": held["outbox"]}


_HELD = """() => new Promise(done => { const o = indexedDB.open('careweave-visits', 1);
  o.onsuccess = async () => { const out = {};
    for (const name of ['meta','keys','people','mine','outbox']) out[name] = await new Promise(r => {
      const q = o.result.transaction(name).objectStore(name).count(); q.onsuccess = () => r(q.result); });
    done(out); }; })"""


_LEFT = """copy => new Promise(done => { const o = indexedDB.open('careweave-visits', 1);
  o.onsuccess = () => { const t = o.result.transaction('outbox', 'readwrite');
    t.objectStore('outbox').put({copy, sealed: {}}, copy); t.oncomplete = () => done(null); }; })"""


@pytest.mark.attack(73)
def test_five_wrong_pins_wipe_the_copy_and_keep_what_was_written(world, device) -> None:
    context = device()
    tab = _list(context, world)
    _take(tab)
    tab.page.evaluate(_WRITE, ["note", [[0, "Written before."]]])
    tab.page.click('[data-do="lock"]')
    # Another window, which has read the store before anybody tried, does not begin to count anew.
    other = watched(context, world.base)
    other.open("/workspace/visits")
    for window, left in ((tab, 4), (tab, 3), (other, 2), (tab, 1)):
        _unlock(window, "00000000")
        window.page.wait_for_function(
            "n => document.querySelector('[data-fill=\"said\"]').textContent.endsWith(n)",
            arg=str(left),
        )
    tab.page.reload()
    _unlock(tab, "00000000")
    tab.page.wait_for_selector('[data-state-of="locked"]', state="hidden")
    held = tab.page.evaluate(_HELD)
    assert held["people"] == held["keys"] == held["meta"] == held["mine"] == 0


_SLOWLY = """const plain = crypto.subtle.decrypt.bind(crypto.subtle);
  crypto.subtle.decrypt = async (...all) => { await new Promise(done => setTimeout(done, 60));
    return plain(...all); };"""
_BROKEN = """() => new Promise(done => { const o = indexedDB.open('careweave-visits', 1);
  o.onsuccess = () => { const turn = o.result.transaction('people', 'readwrite');
    const people = turn.objectStore('people');
    people.getAllKeys().onsuccess = e => people.put({i: new Uint8Array(12), c: new Uint8Array(40)},
      e.target.result[0]);
    turn.oncomplete = done; }; })"""


def test_an_open_list_is_never_shown_empty_and_one_that_cannot_be_read_says_so(
    world, device
) -> None:
    context = device()
    context.add_init_script(_SLOWLY)
    tab = _list(context, world)
    _take(tab)
    # The moment that it is open it has its people, however long reading them takes.
    n_people = tab.page.locator(_FOLDS).count()
    assert n_people >= len(CASELOAD)
    context.set_offline(True)
    tab.open("/workspace/visits")
    _unlock(tab)
    tab.page.wait_for_selector('[data-state-of="open"]:not([hidden])')
    assert tab.page.locator(_FOLDS).count() == n_people
    tab.page.evaluate(_BROKEN)
    tab.page.reload()
    _unlock(tab)
    tab.page.locator('[data-fill="said"]', has_text="could not be read").wait_for()
    assert tab.page.is_visible('[data-state-of="locked"]')
    assert tab.page.locator(_FOLDS).count() == 0
    assert tab.page.input_value("#pin") == ""


@pytest.mark.attack(73)
@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "not sent"])
def test_who_left_the_caseload_is_off_the_device_at_the_next_contact(
    world, device, is_sent
) -> None:
    gone = world.person("dorothy-lumb")
    context = device()
    tab = _list(context, world)
    _take(tab)
    if not is_sent:
        # What may not be read any more goes, whatever becomes of what was written.
        tab.page.evaluate(_WRITE, ["note", [[0, "Seen at home."]]])
        context.route("**/visits/sync", lambda one: one.abort())
    before = tab.page.evaluate(_HELD)["people"]
    world.north.rows(
        "UPDATE record.tie SET until = %(at)s WHERE subject IN"
        " (SELECT subject FROM identity.membership WHERE person = %(p)s) RETURNING 1",
        at=world.now,
        p=gone,
    )
    world.later(minutes=1)
    # What another user of the device has left there holds up nothing.
    tab.page.evaluate(_LEFT, str(uuid4()))
    tab.open("/workspace/visits")
    tab.page.locator('[data-fill="said"]', has_text="1.").wait_for()
    assert tab.page.evaluate(_HELD)["people"] == before - 1
    world.tie(gone, Role.CN)
