"""The HL7 v2 messages of the load: admissions of invented people, as a hospital's system sends them."""

from datetime import UTC, datetime, timedelta

from bench.people import FAMILIES, GIVEN

N_PEOPLE = 20_000
_START = datetime(2026, 3, 1, 8, tzinfo=UTC)
_FIRST = datetime(1930, 1, 1, tzinfo=UTC)
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_EVENTS = ("A01", "A08", "A02", "A08", "A08", "A03", "A31", "A08")


def adt(number: int, *, mark: str = "B", n_people: int = N_PEOPLE) -> bytes:
    """Returns one message of a sequence: the same number gives the same message.

    `mark` begins its control id. Each person is admitted, moved, updated and discharged in turn.
    Some 750 bytes in ten segments.
    """
    person, turn = number % n_people, number // n_people
    event = _EVENTS[turn % len(_EVENTS)]
    visits = len(_EVENTS) * n_people
    at, admitted = _moment(number, turn), _moment(number // visits * visits + person, 0)
    family, given = FAMILIES[person % len(FAMILIES)], GIVEN[person % len(GIVEN)]
    other = GIVEN[(person + 5) % len(GIVEN)]
    local, visit = f"B{person:07d}", f"V{person:07d}{turn // len(_EVENTS)}"
    # No two of them share a birth date, a home or a telephone: who is who is clear, as it mostly is.
    born = f"{_FIRST + timedelta(days=person * 7919 % 29_200):%Y%m%d}"
    left = at if event == "A03" else ""
    lines = (
        f"MSH|^~\\&|PAS|CWA01|CAREWEAVE|REGION|{at}||ADT^{event}|{mark}{number:09d}|P|2.4|||AL|NE||UNICODE UTF-8",
        f"EVN|{event}|{at}||||{at}",
        (
            f"PID|1||{local}^^^ACU^PI~{_nhs_number(person)}^^^NHS^NH||{family}^{given}^{other}^^Mx^^L"
            f"||{born}|{1 + person % 2}|||{1 + person} Larch Row^^Ambleford^Northmere^{_postcode(person)}^^H"
            f"||01632{person % 500_000:06d}^PRN^PH~01632{500_000 + person % 500_000}^PRS^CP||en|M"
            "||||||||||||||||01"
        ),
        "PD1|||Larch Road Surgery^^CWG01|C9999991^Sorrel^Ada^^^Dr",
        f"NK1|1|{family}^{other}|SPO^Spouse|{1 + person} Larch Row^^Ambleford^^{_postcode(person)}|07700900456",
        f"NK1|2|{FAMILIES[(person + 7) % len(FAMILIES)]}^{given}|CHD^Child||07700900789",
        f"PV1|1|I|W{turn % 9}^B{person % 6}^{person % 30:02d}^CWA01|21|||C9999991^Sorrel^Ada^^^Dr"
        f"|||300|||||||C9999992^Teasel^Olu^^^Dr|I|{visit}" + "|" * 25 + f"{admitted}|{left}",
        "PV2|||^Chest pain",
        "AL1|1|DA|PENICILLIN^Penicillin^L|MO|Rash",
        f"DG1|1||I20^Angina^I10||{at}|W",
    )
    return ("\r".join(lines) + "\r").encode()


def _moment(number: int, turn: int) -> str:
    return (_START + timedelta(seconds=number // 10 + turn)).strftime("%Y%m%d%H%M%S")


def _postcode(person: int) -> str:
    """Returns a postcode of an area that does not exist, for some twenty people."""
    street = person // 20
    return f"XR{street // 2000 % 100} {street // 200 % 10}{_LETTERS[street // 20 % 10]}{_LETTERS[street % 20]}"


def _nhs_number(person: int) -> str:
    """Returns a number with a right check digit, of the range that belongs to nobody."""
    for step in range(10):
        digits = f"999{(person * 10 + step) % 1_000_000:06d}"
        check = (11 - sum(int(d) * (10 - at) for at, d in enumerate(digits)) % 11) % 11
        if check != 10:
            return f"{digits}{check}"
    return ""
