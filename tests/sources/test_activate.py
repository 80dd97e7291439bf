"""What a version of a mapping says never changes."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from careweave.db import Session
from careweave.sources import Source, Sources, Transport, activate
from careweave.sources._examples import mapping_of
from careweave.sources._source import Channel
from careweave.terms import Conflict

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TEXT = (Path(__file__).parent / "worked" / "adt.yaml").read_text("utf-8")


def _sources(text: str) -> Sources:
    source = Source("pas", "stbeda", "pas", Transport(Channel.MLLP), mapping=mapping_of(text))
    return Sources({"pas": source, "twin": replace(source, name="twin")})


def test_a_version_is_kept_once(session: Session) -> None:
    assert activate(session, _sources(TEXT), now=NOW) == ("stbeda-pas-adt@4",)
    assert activate(session, _sources(TEXT), now=NOW) == ()


def test_another_content_under_a_version_in_force_is_refused(session: Session) -> None:
    activate(session, _sources(TEXT), now=NOW)
    changed = TEXT.replace("F: female", "F: other")
    with pytest.raises(Conflict) as refused:
        activate(session, _sources(changed), now=NOW)
    assert "stbeda-pas-adt@4; raise the version" in refused.value.message


def test_another_content_under_the_next_version_goes_in(session: Session) -> None:
    activate(session, _sources(TEXT), now=NOW)
    changed = TEXT.replace("F: female", "F: other").replace("version: 4", "version: 5")
    assert activate(session, _sources(changed), now=NOW) == ("stbeda-pas-adt@5",)


def test_a_source_without_a_mapping_needs_none(session: Session) -> None:
    bare = Source("gp", "gp", "gp", Transport(Channel.FHIR))
    assert activate(session, Sources({"gp": bare}), now=NOW) == ()
