"""Many clients at once: each gets its own answer, and nothing is lost or doubled."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.lib.door import Door, observation, patient

_CLIENTS, _EACH = 8, 15


def test_clients_at_once_get_their_own_answers_and_accounts(door: Door) -> None:
    people = {name: door.made(patient(name), by=name)["id"] for name in ("one", "two", "three")}

    def work(n: int) -> list[str]:
        name = list(people)[n % len(people)]
        who = people[name]
        made = []
        for value in range(_EACH):
            made.append(door.made(observation(who, value=value), by=name)["id"])
            assert door.get(f"/Observation/{made[-1]}", by=name).json["id"] == made[-1]
            page = door.get(f"/Observation?patient={who}&_count=500", by=name).json
            assert {entry["resource"]["subject"]["reference"] for entry in page["entry"]} == {
                f"Patient/{who}"
            }
        return made

    with ThreadPoolExecutor(_CLIENTS) as pool:
        made = [id_ for ids in pool.map(work, range(_CLIENTS)) for id_ in ids]
    assert len(set(made)) == _CLIENTS * _EACH
    with psycopg.connect(door.database.url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM ledger.account WHERE action = 'read' AND outcome = 'permit'"
        ).fetchone()
    assert row == (_CLIENTS * _EACH,)
