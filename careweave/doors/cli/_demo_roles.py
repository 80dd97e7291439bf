"""Logins of the demonstration for people at work: one for each kind of staff of the region."""

from collections.abc import Iterator
from datetime import datetime

from careweave.agreements import Notices, Staff, World, read_staff, read_world
from careweave.doors import _access
from careweave.doors.cli._desk import Desk
from careweave.doors.cli._region_files import region_files
from careweave.terms import Purpose, Role

_SYSTEM = "viewer"
_SCOPES = frozenset({"system/*.rs"})
EXAMPLE = "nm-community-as-cn"
"""The login with which the demonstration shows what somebody at work sees."""

_FIRST = (Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION)


def logins(desk: Desk, until: datetime) -> Iterator[_access.Registration]:
    """Yields a login for each kind of staff that has a purpose of care."""
    files = region_files(desk.region)
    world = read_world(files, version=0, zone=desk.settings.time_zone.key)
    for staff in read_staff(files, world.organisations, Notices()):
        purpose = _purpose(world, staff)
        if purpose is not None:
            yield _access.Registration(
                _name(staff),
                staff.organisation,
                _SYSTEM,
                _SCOPES,
                until,
                purpose=purpose,
                role=staff.role,
                setting=staff.setting,
                team=staff.team,
            )


def worn(wanted: _access.Registration) -> dict[str, str]:
    """Returns as what a login of somebody at work asks, and what for; nothing for a system."""
    if wanted.role is Role.SYSTEM:
        return {}
    said = {
        "role": wanted.role,
        "setting": wanted.setting,
        "team": wanted.team,
        "purpose": wanted.purpose,
    }
    return {name: str(value) for name, value in said.items() if value}


def _name(staff: Staff) -> str:
    parts = (staff.organisation, "as", staff.role.lower(), staff.setting, staff.team)
    return "-".join(filter(None, parts))


def _purpose(world: World, staff: Staff) -> Purpose | None:
    """Returns the purpose of care by which others share most with staff; None without any."""
    known = world.rules.own_purposes.get(staff.role, frozenset())
    asked = [one for one in _FIRST if one in known]
    return max(asked, key=lambda one: _n_shared(world, staff, one), default=None)


def _n_shared(world: World, staff: Staff, purpose: Purpose) -> int:
    return sum(
        len(clause.headings)
        for agreement in world.agreements
        for clause in agreement.clauses
        if clause.purpose is purpose
        and staff.role in clause.roles
        and staff.organisation in clause.recipients
    )
