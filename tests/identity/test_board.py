"""The persons of a batch as they stand after each record."""

from uuid import UUID

from careweave.identity._board import Board
from careweave.identity._held import People
from careweave.identity._lookup import Hits
from careweave.terms import PersonId, SubjectId
from tests.identity.norms import GRACE
from tests.identity.test_decide import member, person

ONE, OTHER = person(1, member(GRACE, 1), member(GRACE, 2)), person(2, member(GRACE, 3))


def test_a_member_belongs_to_one_person_only() -> None:
    board = Board(People((ONE, OTHER), {}))
    board.put(member(GRACE, 2), OTHER.person)
    assert board.whose(SubjectId(2)) == OTHER.person
    assert [one.subject for one in board.others(SubjectId(2)).members] == [3]
    assert board.others(SubjectId(1)).members == ()


def test_a_new_person_is_younger_than_all_that_are_stored() -> None:
    board = Board(People((ONE, OTHER), {}))
    new, newer = PersonId(UUID(int=8)), PersonId(UUID(int=9))
    board.put(member(GRACE, 4), new)
    board.put(member(GRACE, 5), newer)
    groups = board.groups([SubjectId(5), SubjectId(4), SubjectId(1), SubjectId(99)], None)
    assert [group.person for group in sorted(groups, key=lambda one: one.created_seq)] == [
        ONE.person,
        new,
        newer,
    ]
    assert board.groups([SubjectId(4)], new) == []
    assert board.person_of(SubjectId(99)) is None


def test_who_is_not_on_the_board_moves_elsewhere() -> None:
    board = Board(People((ONE,), {}))
    board.move(SubjectId(99), OTHER.person)
    board.move(SubjectId(1), None)
    assert board.whose(SubjectId(1)) == ONE.person
    board.move(SubjectId(1), OTHER.person)
    assert board.whose(SubjectId(1)) == OTHER.person


def test_keys_of_the_batch_are_met_like_stored_ones() -> None:
    board = Board(People((ONE,), {}))
    board.note_keys(SubjectId(1), [7, 8])
    hits = Hits({SubjectId(3): {7}}, {7: 1})
    board.add_hits(hits, [7, 9])
    assert hits.shared == {3: {7}, 1: {7}}
    assert hits.counts == {7: 2}
