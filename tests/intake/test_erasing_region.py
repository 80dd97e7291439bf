"""Who is erased by law is erased from all tables, whatever the sources of Northmere said of them."""

import re
from functools import cache
from pathlib import Path

from careweave.demonstration import sent
from careweave.intake import Arrival, Receiver, Worker, Writing, erase, load_rules
from careweave.sources import load_sources
from careweave.terms import Actor, Purpose, Sight, SourceId
from tests.lib.canary import holding
from tests.lib.inbox import NOW, Inbox

REGION = Path(__file__).parents[2] / "region"
WORD = "Zzcanary"
TEXT = re.compile(rb"(?<=[|^])[A-Z][a-z]{2,}[A-Za-z ]*(?=[|^\r])")


@cache
def described():
    return load_sources(REGION, secret=b"the same for all tests")


def marked(body: bytes) -> bytes:
    """The message with a word of the test's in the place of each text, and in a field of its own."""
    lines = body.split(b"\r")
    texts = [TEXT.sub(WORD.encode(), line) if line[:3] != b"MSH" else line for line in lines]
    more = [
        line % WORD.encode() for line in (b"AL1|9|QQ|Q99^%s^L", b"DG1|9||Q98^%s^L", b"ZZZ|1|%s")
    ]
    return b"\r".join([*(line for line in texts if line), *more, b""])


def patient_of(body: bytes) -> bytes:
    (line,) = [one for one in body.split(b"\r") if one.startswith(b"PID|")]
    return line.split(b"|")[3].partition(b"^")[0]


def test_nothing_that_messages_said_of_an_erased_person_is_left_in_any_table(database):
    inbox = Inbox(database, described())
    inbox.worker = Worker(database, described, lambda: NOW, rules=load_rules(REGION / "value-sets"))
    inbox.receiver = Receiver(database, described)
    mine = [one for one in sent(REGION, until=10) if one.source == "nm-acute-pas"]
    number = patient_of(mine[0].body)
    mine = [one for one in mine if b"|" + number + b"^" in one.body and b"MRG|" not in one.body]
    for one in mine:
        inbox.receiver.receive(Arrival(one.source, "mllp", marked(one.body), one.at))
    inbox.work()
    assert {"intake.contribution", "record.resource"} <= set(holding(database, WORD))
    ((subject,),) = inbox.rows("SELECT DISTINCT subject FROM record.subject")
    actor = Actor("dpo", "nm-acute", SourceId(1), "nm-acute", Purpose.OPERATIONS, frozenset())
    writing = Writing(actor, Sight((), 0), "cli", "1", NOW)
    with database.session(bulk=True) as session:
        erase(session, subject, ground="law", writing=writing)
    assert holding(database, WORD) == []
