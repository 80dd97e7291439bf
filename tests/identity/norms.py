"""Normalised demographics for tests: by hand, and any at all."""

from dataclasses import replace

from hypothesis import strategies as st

from careweave.identity._norm import Home, Name, Norm

GRACE = Norm(
    names=(Name("okafor", "grace", ("okafor",), ("grace",)),),
    birth=(1980, 5, 12),
    precision="day",
    sex="female",
    homes=(Home("LS1 4AB", "LS1 4", "LS1", "LS", "12", "mill lane", "leeds"),),
    phones=("132496000",),
    emails=("grace@mail.example",),
    nhs="9434765919",
    practice="B12345",
)


def named(family: str, given: str, *, is_past: bool = False) -> Name:
    """Returns a name from its written parts, folded already."""
    families, givens = tuple(family.split()), tuple(given.split())
    return Name("".join(families), "".join(givens), families, givens, is_past)


def with_names(*names: Name) -> Norm:
    """Returns one person's demographics under other names."""
    return replace(GRACE, names=names)


def with_homes(*homes: Home) -> Norm:
    """Returns one person's demographics at other addresses."""
    return replace(GRACE, homes=homes)


_WORDS = st.sampled_from(["", "ann", "anna", "grace", "okafor", "smith", "smyth", "jo", "a", "lee"])


@st.composite
def names(draw: st.DrawFn) -> Name:
    """Gives any name; a part may be missing."""
    family, given = draw(_WORDS), " ".join(draw(st.lists(_WORDS, max_size=2)))
    return named(family, given, is_past=draw(st.booleans()))


@st.composite
def homes(draw: st.DrawFn) -> Home:
    """Gives any address."""
    code = draw(st.sampled_from(["", "LS1 4AB", "LS1 4AC", "LS2 4AB", "BD7 1XY"]))
    district = code.partition(" ")[0]
    return Home(
        code,
        code[:-2],
        district,
        district[:2],
        draw(st.sampled_from(["", "1", "2/12"])),
        draw(st.sampled_from(["", "mill lane", "mill road", "high street"])),
        draw(st.sampled_from(["", "leeds", "bradford"])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@st.composite
def norms(draw: st.DrawFn) -> Norm:
    """Gives any demographics, of one version or of several together."""
    births = st.tuples(
        st.sampled_from([1950, 1980, 1981]), st.sampled_from([0, 1, 5]), st.sampled_from([0, 1, 5])
    )
    phones = draw(st.lists(st.sampled_from(["132496000", "132496001", "777000111"]), max_size=2))
    return Norm(
        names=tuple(draw(st.lists(names(), max_size=2))),
        birth=draw(st.none() | births),
        precision=draw(st.sampled_from(["day", "estimated"])),
        sex=draw(st.sampled_from(["", "female", "male"])),
        homes=tuple(draw(st.lists(homes(), max_size=2))),
        phones=tuple(phones),
        emails=tuple(draw(st.lists(st.sampled_from(["a@b.c", "a@d.c", "ab@b.c"]), max_size=2))),
        past_contacts=frozenset(phones[1:]),
        nhs=draw(st.sampled_from(["", "9434765919", "9434765870"])),
        practice=draw(st.sampled_from(["", "B12345"])),
        birth_order=draw(st.integers(0, 2)),
    )
