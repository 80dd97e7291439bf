"""A record that says more than anybody has costs no more than others, and keeps what is newest."""

from dataclasses import replace
from time import process_time

from careweave.identity import find
from careweave.identity._compose import compose
from careweave.identity._demographics import WrittenAddress, WrittenContact, WrittenName
from careweave.identity._keys import keys
from careweave.identity._normalise import normalise
from careweave.identity._resolve import resolve
from careweave.identity._rules import rules
from tests.identity.resolving import ANNE, NOW, Feed, means, nhs

A_LOT = 3_000


def _letters(n):
    return "".join(chr(97 + n // 26**place % 26) for place in range(4))


def _hostile():
    numbers = nhs("9990000050") + tuple(
        replace(nhs("", "")[0], system="urn:hostile", value=f"x{n}") for n in range(A_LOT)
    )
    return replace(
        ANNE,
        names=(
            *ANNE.names,
            *(WrittenName(f"O{_letters(n)}", (f"A{_letters(n)}",)) for n in range(A_LOT)),
        ),
        addresses=(
            *ANNE.addresses,
            *(WrittenAddress((f"{n} Mill Road",), "", "", "XR4 7QT") for n in range(A_LOT)),
        ),
        contacts=(
            *ANNE.contacts,
            *(WrittenContact("phone", f"01632 {n:06}", True) for n in range(A_LOT)),
            *(WrittenContact("email", f"a{n}@b.example", True) for n in range(A_LOT)),
        ),
        numbers=numbers,
    )


def _norm(written):
    return normalise(written, means().rules, today=NOW.date())


def test_the_first_of_too_many_stay_and_it_is_noted():
    known, found = rules(), _norm(_hostile())

    plain = _norm(ANNE)
    assert found.names[0] == plain.names[0]
    assert found.homes[0] == plain.homes[0]
    assert found.phones[0] == plain.phones[0]
    assert found.nhs == "9990000050"
    assert len(found.names) == known.most_names
    assert len(found.homes) == known.most_homes
    assert len(found.phones) == len(found.emails) == known.most_contacts
    assert len(found.numbers) == known.most_numbers
    assert found.past_contacts == {*found.phones[1:], *found.emails}
    assert "too_much" in found.flags
    assert "too_much" not in plain.flags


def test_words_without_an_end_are_cut_and_addresses_of_mail_dropped():
    longest = rules().longest
    written = replace(
        ANNE,
        names=(WrittenName("x" * 9_999, ("Ada", "y" * 9_999, "Ruth")),),
        addresses=(WrittenAddress(("7 " + "z" * 9_999,), "w" * 9_999, "", "XR4 7QT"),),
        contacts=(WrittenContact("email", "a" * 9_999 + "@b.example"),),
    )
    found = _norm(written)
    (name,), (home,) = found.names, found.homes
    assert (len(name.family), len(name.given)) == (longest, longest)
    assert name.givens == ("ada", "y" * (longest - 3))
    assert (home.house, len(home.street), len(home.city)) == ("7", longest, longest)
    assert found.emails == ()


def test_of_all_versions_together_the_newest_stay():
    whole = _norm(ANNE)
    for n in range(60):
        moved = replace(ANNE, addresses=(WrittenAddress((f"{n} Mill Road",), "", "", "XR4 7QT"),))
        whole = compose(_norm(moved), whole)
    assert [one.house for one in whole.homes] == [str(59 - n) for n in range(rules().most_homes)]


def test_a_hostile_record_holds_nobody_up(session):
    feed, ours = Feed(), means()
    began = process_time()
    for subject in range(1, 6):
        resolve(session, [feed(subject, _hostile())], means=ours)
    find(session, _hostile(), at=NOW)
    assert process_time() - began < 5
    assert len(keys(_norm(_hostile()))) < 4_000
