"""A table is read by what is declared of it, and by nothing else."""

import pytest

from careweave.identity.train import Role, layout, read_pairs, read_table
from careweave.terms import Incorrect


def written(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


WHOLE = """ nr, first, last, title, born, mf, no, road, town, code, tel, mail, ssn, card, job, eth, who, from
 1, Ann Marie, Smith, x, 1980-01-02, f, 7, Mill Lane, Leeds, LS1, 0113 496000, a@b.example, 123, k9, poet, C, p1, gp
 2, , , , , , , , , , , , , , , , , gp
"""
COLUMNS = {
    "first": "given", "last": "family", "born": "birth_date", "mf": "sex", "no": "house",
    "road": "street", "town": "city", "code": "postcode", "tel": "phone", "mail": "email",
    "ssn": "number", "card": "key", "job": "extra", "eth": "group",
}  # fmt: skip


def test_every_role_comes_out_where_it_belongs(tmp_path):
    how = layout(COLUMNS, id="nr", truth="who", source="from")
    one, two = read_table(written(tmp_path, WHOLE), how)
    told = one.demographics
    assert (one.id, one.source, one.person, one.groups) == ("1", "gp", "p1", {"eth": "C"})
    assert (told.names[0].family, told.names[0].given) == ("Smith", ("Ann Marie",))
    assert (told.birth_date, told.sex, told.extra) == ("1980-01-02", "f", {"job": "poet"})
    assert told.addresses[0].lines == ("7 Mill Lane",)
    assert (told.addresses[0].city, told.addresses[0].postcode) == ("Leeds", "LS1")
    assert [(one.kind, one.value) for one in told.contacts] == [
        ("phone", "0113 496000"), ("email", "a@b.example"),
    ]  # fmt: skip
    assert [(one.system, one.value) for one in told.numbers] == [("ssn", "123"), ("key:card", "k9")]
    assert (two.person, two.demographics.names, two.demographics.addresses) == ("", (), ())


def test_a_column_that_is_not_declared_is_not_read(tmp_path):
    (one, _) = read_table(written(tmp_path, WHOLE), layout({"last": "family"}, id="nr"))
    assert one.demographics.birth_date == ""
    assert (one.source, one.person) == ("", "")


def test_of_a_name_in_one_column_the_last_word_is_the_family_name(tmp_path):
    path = written(tmp_path, "id,name,last\n1,Ann Marie Smith,\n2,Ann Smith,Jones\n3,,\n")
    columns = {"name": "name", "last": "family"}
    one, two, three = read_table(path, layout(columns), source="gp")
    assert one.demographics.names[0].given == ("Ann", "Marie")
    assert two.demographics.names[0].family == "Jones"
    assert three.demographics.names == ()
    assert one.source == "gp"


def test_the_person_may_stand_in_the_id(tmp_path):
    path = written(tmp_path, "id,last\nrec-7-org,Smith\nelse,Jones\n")
    one, two = read_table(path, layout({"last": "family"}, truth_pattern=r"^rec-(\d+)-"))
    assert (one.person, two.person) == ("7", "")


def test_a_role_that_there_is_not_is_refused_by_its_column():
    with pytest.raises(Incorrect, match="first"):
        layout({"first": "forename", "last": Role.FAMILY})


@pytest.mark.parametrize("missing", ["id", "truth", "source"])
def test_a_column_that_is_not_there_is_refused(tmp_path, missing):
    path = written(tmp_path, "nr,last\n1,Smith\n")
    places = {"id": "nr"} | {missing: "nowhere"}
    with pytest.raises(Incorrect, match="nowhere"):
        read_table(path, layout({"last": "family"}, **places))


def test_pairs_are_read_from_two_columns(tmp_path):
    path = written(tmp_path, "a, b\n1, 2\n3,4\n")
    assert read_pairs(path, "a", "b") == (("1", "2"), ("3", "4"))
    with pytest.raises(Incorrect, match="c"):
        read_pairs(path, "a", "c")


def test_an_empty_file_has_no_columns(tmp_path):
    path = written(tmp_path, "")
    with pytest.raises(Incorrect, match="last"):
        read_table(path, layout({"last": "family"}))
    with pytest.raises(Incorrect, match="a"):
        read_pairs(path, "a", "a")
