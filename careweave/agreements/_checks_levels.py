"""V7, V8 and V8a: the levels of clauses beside the role matrix."""

from careweave.agreements._checking import Checking
from careweave.agreements._matrix import filters_of, meet
from careweave.agreements._values import Level
from careweave.agreements._yaml import Path
from careweave.terms import Heading, Role


def check_levels(file: Checking) -> None:
    """Notes lines that give nothing to anybody, and cells that the matrix caps."""
    loosened = _loosened(file)
    for path, clause in file.clauses():
        roles = tuple(Role(role) for role in clause["to"]["roles"].texts())
        for name, share in clause["headings"].members():
            level = Level(share.text() or share["level"].text())
            where = (*path, "headings", name)
            _line(file, where, (roles, Heading(name), level), loosened)


def _loosened(file: Checking) -> dict[tuple[Role, Heading], Level]:
    """Returns the cells that the file raises; notes those whose line is not as it must be."""
    made: dict[tuple[Role, Heading], Level] = {}
    ends = file.top["valid"]["to"].day()
    for at, line in enumerate(file.top["loosens"].items()):
        until = line["until"].day()
        if until is not None and ends is not None and until > ends:
            path: Path = ("loosens", at, "until")
            file.fault("V8a", path, "this is after the end of the agreement", "end it with it")
        if not line["owner"].text().strip():
            file.fault("V8a", ("loosens", at, "owner"), "nobody answers for it", "name somebody")
        role, _, heading = line["cell"].text().partition(".")
        if role in set(Role) and heading in set(Heading):
            made[Role(role), Heading(heading)] = Level(line["level"].text())
    return made


def _line(
    file: Checking,
    path: Path,
    line: tuple[tuple[Role, ...], Heading, Level],
    loosened: dict[tuple[Role, Heading], Level],
) -> None:
    roles, heading, level = line
    cells = {
        role: loosened.get((role, heading), file.rules.matrix.get((role, heading), Level.NEVER))
        for role in roles
    }
    if all(cell is Level.NEVER for cell in cells.values()):
        what = "the role matrix gives this heading to none of the roles"
        file.warn("V7", path, what, "take the line out, or loosen the cell")
        return
    capped = [
        f"{role}.{heading} ({cell})" for role, cell in cells.items() if _is_above(level, cell)
    ]
    if capped:
        what = f"the role matrix caps {level} at {', '.join(capped)}"
        file.warn("V8", path, what, "lower the level, or loosen the cell")


def _is_above(level: Level, cell: Level) -> bool:
    return meet(filters_of(level), filters_of(cell)) != filters_of(level)
