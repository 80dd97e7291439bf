"""The units of UCUM that care uses, as factors of base units.

Source: The Unified Code for Units of Measure, version 2.1, tables 1 to 23. Mole, equivalent,
osmole and the arbitrary units stay dimensions of their own, so that nothing is ever converted
across a molar mass, a valence or an assay.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A factor times powers of base units, plus an offset for the scales of temperature."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...] = ()
    offset: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Atom:
    """One symbol; `metric` ones take prefixes. `per` is a UCUM term that it is `factor` times of."""

    factor: str
    per: str
    metric: bool = False


_BASE = ("m", "s", "g", "rad", "K", "C", "cd", "mol", "eq", "osm")
_ARBITRARY = (
    "[iU]", "[IU]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]",
    "[anti'Xa'U]", "[todd'U]", "[dye'U]", "[smgy'U]", "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]",
    "[CFU]", "[PFU]", "[FFU]", "[EID_50]", "[TCID_50]", "[CCID_50]", "[BAU]", "[AU]", "[Amb'a'1'U]",
    "[D'ag'U]", "[FEU]", "[ELU]", "[EU]", "[LPF]", "[HPF]", "[pH]", "[S]", "[hp'_X]", "[kp_X]",
)  # fmt: skip
_METRIC_ARBITRARY = frozenset({"[iU]", "[IU]", "[CFU]", "[PFU]", "[EU]"})

_METRIC = {
    "L": ("1", "dm3"), "l": ("1", "dm3"), "Hz": ("1", "/s"), "N": ("1", "kg.m/s2"),
    "Pa": ("1", "N/m2"), "J": ("1", "N.m"), "W": ("1", "J/s"), "A": ("1", "C/s"),
    "V": ("1", "J/C"), "F": ("1", "C/V"), "Ohm": ("1", "V/A"), "S": ("1", "A/V"),
    "Wb": ("1", "V.s"), "T": ("1", "Wb/m2"), "H": ("1", "Wb/A"), "lm": ("1", "cd"),
    "lx": ("1", "lm/m2"), "Bq": ("1", "/s"), "Gy": ("1", "J/kg"), "Sv": ("1", "J/kg"),
    "kat": ("1", "mol/s"), "U": ("1", "umol/min"), "bar": ("100000", "Pa"), "t": ("1000", "kg"),
    "u": ("1.6605402e-24", "g"), "eV": ("1.60217733e-19", "J"), "cal": ("4.184", "J"),
    "cal_th": ("4.184", "J"), "cal_IT": ("4.1868", "J"), "ar": ("100", "m2"), "st": ("1", "m3"),
    "dyn": ("1e-5", "N"), "erg": ("1e-7", "J"), "P": ("1", "dyn.s/cm2"), "St": ("1", "cm2/s"),
    "R": ("2.58e-4", "C/kg"), "RAD": ("1", "cGy"), "REM": ("1", "cSv"), "Ci": ("37e9", "Bq"),
    "G": ("1e-4", "T"), "m[Hg]": ("133322", "Pa"), "m[H2O]": ("9806.65", "Pa"), "By": ("1", "1"),
    "g%": ("1", "g/dL"), "sr": ("1", "rad2"),
}  # fmt: skip

_PLAIN = {
    "10*": ("10", "1"), "10^": ("10", "1"), "%": ("0.01", "1"), "[ppth]": ("1e-3", "1"),
    "[ppm]": ("1e-6", "1"), "[ppb]": ("1e-9", "1"), "[pptr]": ("1e-12", "1"),
    "[pi]": ("3.1415926535897932384626433832795", "1"),
    "deg": ("3.1415926535897932384626433832795", "rad/180"), "'": ("1", "deg/60"),
    "''": ("1", "deg/3600"), "gon": ("0.9", "deg"),
    "min": ("60", "s"), "h": ("60", "min"), "d": ("24", "h"), "wk": ("7", "d"),
    "a": ("365.25", "d"), "a_j": ("365.25", "d"), "a_g": ("365.2425", "d"),
    "a_t": ("365.24219", "d"), "mo": ("30.4375", "d"), "mo_j": ("30.4375", "d"),
    "mo_s": ("29.53059", "d"), "mo_g": ("30.436875", "d"), "atm": ("101325", "Pa"),
    "att": ("98066.5", "Pa"), "gf": ("9.80665", "g.m/s2"),
    "[in_i]": ("2.54", "cm"), "[ft_i]": ("12", "[in_i]"), "[yd_i]": ("3", "[ft_i]"),
    "[mi_i]": ("5280", "[ft_i]"), "[nmi_i]": ("1852", "m"), "[in_br]": ("2.539998", "cm"),
    "[ft_br]": ("12", "[in_br]"), "[sin_i]": ("1", "[in_i]2"), "[sft_i]": ("1", "[ft_i]2"),
    "[cin_i]": ("1", "[in_i]3"), "[gr]": ("64.79891", "mg"), "[lb_av]": ("7000", "[gr]"),
    "[oz_av]": ("437.5", "[gr]"), "[dr_av]": ("27.34375", "[gr]"), "[stone_av]": ("14", "[lb_av]"),
    "[oz_tr]": ("480", "[gr]"), "[oz_ap]": ("480", "[gr]"), "[lbf_av]": ("4.4482216152605", "N"),
    "[psi]": ("1", "[lbf_av]/[in_i]2"), "[gal_us]": ("231", "[cin_i]"),
    "[qt_us]": ("1", "[gal_us]/4"), "[pt_us]": ("1", "[gal_us]/8"), "[cup_us]": ("1", "[gal_us]/16"),
    "[foz_us]": ("1", "[gal_us]/128"), "[tbs_us]": ("1", "[foz_us]/2"),
    "[tsp_us]": ("1", "[foz_us]/6"), "[gal_br]": ("4.54609", "L"), "[qt_br]": ("1", "[gal_br]/4"),
    "[pt_br]": ("1", "[gal_br]/8"), "[foz_br]": ("1", "[gal_br]/160"), "[foz_m]": ("30", "mL"),
    "[cup_m]": ("240", "mL"), "[tsp_m]": ("5", "mL"), "[tbs_m]": ("15", "mL"),
    "[drp]": ("1", "mL/20"), "[Cal]": ("4184", "J"), "[in_i'Hg]": ("25.4", "mm[Hg]"),
    "[in_i'H2O]": ("25.4", "mm[H2O]"), "[Ch]": ("1", "mm/3"), "[diop]": ("1", "/m"),
    "[MET]": ("3.5", "mL/min/kg"), "[car_m]": ("0.2", "g"), "[c]": ("299792458", "m/s"),
    "[g]": ("9.80665", "m/s2"), "[degR]": ("1", "K.5/9"),
}  # fmt: skip


@cache
def atoms() -> dict[str, Atom | Unit]:
    """Returns every symbol, with its definition or, for base units, its meaning."""
    table: dict[str, Atom | Unit] = {
        name: Unit(Fraction(1), ((name, 1),)) for name in (*_BASE, *_ARBITRARY)
    }
    table |= {name: Atom(factor, per, metric=True) for name, (factor, per) in _METRIC.items()}
    table |= {name: Atom(factor, per) for name, (factor, per) in _PLAIN.items()}
    # Degrees are the only scales with an offset that are read. Source: UCUM table 6 and 9.
    table["Cel"] = Unit(Fraction(1), (("K", 1),), Fraction("273.15"))
    table["[degF]"] = Unit(Fraction(5, 9), (("K", 1),), Fraction("459.67") * 5 / 9)
    return table


def takes_prefix(name: str) -> bool:
    """Returns whether a symbol may have a prefix."""
    return name in _BASE or name in _METRIC or name in _METRIC_ARBITRARY
