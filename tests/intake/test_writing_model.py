"""Any sequence of writes leaves what a dictionary of versions would hold."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.intake import Interaction, new_public_id
from careweave.terms import NotFound, Stale
from tests.intake.test_writer import observation
from tests.lib.cases import cases

KEYS = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["x", "y", "z"])
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, TEXTS, st.none() | st.integers(1, 4)),
    st.tuples(st.just("delete"), KEYS, st.none(), st.none()),
    st.tuples(st.just("patch"), KEYS, TEXTS, st.none() | st.integers(1, 4)),
)


class Model:
    """What the versions of each entry should be; None stands for a deleted one."""

    def __init__(self):
        self.versions: dict[str, list[str | None]] = {}

    def expect(self, kind, key, text, version):
        """Returns the status that the step should have, and takes its effect."""
        known = self.versions.get(key)
        current = known[-1] if known else None
        if kind == "delete":
            if current is not None:
                known.append(None)
            return 204
        if known is None or (kind == "patch" and current is None):
            if kind == "patch":
                return NotFound
            if version is not None:
                return Stale
        elif version is not None and version != len(known):
            return Stale
        if text != current:
            self.versions.setdefault(key, []).append(text)
        return 200 if current is not None else 201


def act(desk, kind, key, text, version):
    try:
        if kind == "put":
            return desk.update(observation(id=key, valueString=text), if_match=version).status
        if kind == "delete":
            return desk.write(Interaction.DELETE, "Observation", id=key).status
        patch = [{"op": "add", "path": "/valueString", "value": text}]
        done = desk.write(Interaction.PATCH, "Observation", id=key, patch=patch, if_match=version)
    except (NotFound, Stale) as refused:
        return type(refused)
    else:
        return done.status


@settings(
    max_examples=cases(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=12))
def test_any_sequence_of_writes_leaves_what_a_dictionary_of_versions_holds(desk, steps):
    model, turn = Model(), new_public_id()[:12]
    for kind, name, text, version in steps:
        key = f"stbeda-{turn}-{name}"
        assert act(desk, kind, key, text, version) == model.expect(kind, key, text, version)
    for key, versions in model.versions.items():
        for number, text in enumerate(versions, start=1):
            row = desk.read("Observation", key, version=number)
            assert row.gone == (text is None)
            if text is not None:
                assert f'"valueString":"{text}"'.encode() in row.body
        assert desk.read("Observation", key).version == len(versions)
