"""python -m bench [NAME ...] [--json] [--quick]: measures, keeps the results, prints a table."""

import argparse
import json
import sys
from collections.abc import Callable

from bench import crash, disclosure, fhir, identity, imports, sources, steps, workspace
from bench.figures import Figure, keep, table

PROGRAMS: dict[str, Callable[..., list[Figure]]] = {
    "fhir": fhir.run,
    "import": imports.run,
    "crash": crash.run,
    "steps": steps.run,
    "sources": sources.run,
    "identity": identity.run,
    "disclosure": disclosure.run,
    "workspace": workspace.run,
}


def main() -> int:
    """Runs the programs named, or all, and returns 1 when a target is missed."""
    reader = argparse.ArgumentParser(prog="./run bench")
    reader.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PROGRAMS))
    reader.add_argument("--json", action="store_true", help="print what is kept, as JSON")
    reader.add_argument("--quick", action="store_true", help="short runs, for a first impression")
    reader.add_argument("--minutes", type=float, help="how long each load of workspace lasts")
    given = reader.parse_args()
    unknown = set(given.names) - set(PROGRAMS)
    if unknown:
        reader.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    found: list[Figure] = []
    for name in given.names or PROGRAMS:
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        more = {"minutes": given.minutes} if name == "workspace" and given.minutes else {}
        figures = PROGRAMS[name](quick=given.quick, **more)
        listed = keep(name, figures)
        found += figures
        if given.json:
            print(json.dumps(listed, indent=1))
    if not given.json:
        print(table(found))
    return 1 if any(figure.verdict == "MISSED" for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
