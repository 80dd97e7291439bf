"""The headings as pages name them: in addresses and in words.

Source: `reference/record.md` 1; the words are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from careweave.terms import Heading, NotFound


@dataclass(frozen=True, slots=True)
class Named:
    """A heading in an address and in words; `noun` stands inside a sentence.

    `data` is what a silent source no longer sends; `nothing` says that nothing was received, where
    the plain words would be weaker than a reader needs, and `nothing_word` says it in a word.
    """

    slug: str
    title: str
    noun: str
    data: str = ""
    nothing: str = ""
    nothing_word: str = ""


_WORD = "No plan held"
_NOTHING = "No plan held (feeds healthy at {time})"


NAMED: Mapping[Heading, Named] = {
    Heading.DEM: Named("demographics", "Name, address, numbers", "personal details"),
    Heading.GPP: Named("gp-practice", "GP practice", "the GP practice"),
    Heading.ABM: Named("about-me", "About me", "About me"),
    Heading.REQ: Named("needs", "Individual needs and adjustments", "individual needs"),
    Heading.ALR: Named("alerts", "Alerts", "alerts"),
    Heading.LEG: Named("legal", "Legal status and consent", "legal information"),
    Heading.SAF: Named("safeguarding", "Safeguarding", "safeguarding information"),
    Heading.PRO: Named("team", "Who is working with this person", "professional contacts"),
    Heading.PER: Named("contacts", "Family, carers, next of kin", "personal contacts"),
    Heading.RES: Named("research", "Research", "research"),
    Heading.REF: Named("referrals", "Referrals", "referrals"),
    Heading.CON: Named("encounters", "Contacts with services", "contacts with services"),
    Heading.ADM: Named("admissions", "Hospital stays", "hospital stays"),
    Heading.DIS: Named("discharges", "Discharge", "discharge details"),
    Heading.FUT: Named("appointments", "Appointments and visits", "appointments"),
    Heading.VAC: Named("vaccinations", "Vaccinations", "vaccinations"),
    Heading.PRB: Named("problems", "Problems", "problems"),
    Heading.PRC: Named("procedures", "Procedures", "procedures"),
    Heading.SOC: Named("social", "Home, access and social context", "social context"),
    Heading.SVC: Named("services", "Services and care packages", "services"),
    Heading.PSR: Named("support-reason", "Reason for council support", "the reason for support"),
    Heading.FAM: Named("family-history", "Family history", "family history"),
    Heading.INV: Named("results", "Test results", "test results"),
    Heading.IRQ: Named("requests", "Tests asked for", "tests asked for"),
    Heading.EXM: Named("observations", "Observations and examination", "observations"),
    Heading.PRG: Named("pregnancy", "Pregnancy", "pregnancy"),
    Heading.ASM: Named("assessments", "Assessments and scores", "assessments"),
    Heading.FRM: Named("formulation", "Formulation", "formulation"),
    Heading.RSK: Named("risks", "Risks", "risk information"),
    Heading.ALG: Named("allergies", "Allergies and adverse reactions", "allergies", "allergy data"),
    Heading.MED: Named("medicines", "Medicines", "medicines"),
    Heading.EQP: Named("equipment", "Equipment", "equipment"),
    Heading.PLN: Named("actions", "Planned and requested actions", "planned actions"),
    Heading.CSP: Named(
        "care-plan", "Care and support plan", "a care plan", "plan information", _NOTHING, _WORD
    ),
    Heading.CTG: Named(
        "contingency",
        "Crisis and contingency plan",
        "a crisis plan",
        "plan information",
        _NOTHING,
        _WORD,
    ),
    Heading.ASP: Named("support-plans", "Additional support plans", "support plans"),
    Heading.EOL: Named(
        "end-of-life",
        "Resuscitation and end of life plan",
        "an end of life plan",
        "plan information",
        _NOTHING,
        _WORD,
    ),
    Heading.DOC: Named("documents", "Documents", "documents"),
}
_BY_SLUG = {named.slug: heading for heading, named in NAMED.items()}


def heading_of(slug: str) -> Heading:
    """Returns the heading of an address; raises NotFound for a word that names none."""
    found = _BY_SLUG.get(slug)
    if found is None:
        raise NotFound
    return found


def slug_of(heading: Heading) -> str:
    """Returns the name of a heading in addresses."""
    return NAMED[heading].slug
