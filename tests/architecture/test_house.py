"""The laws of the house that the import contracts cannot see."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "careweave"
ROOMS = sorted(
    str(p.parent.relative_to(PACKAGE)).replace("/", ".")
    for p in [*PACKAGE.glob("*/__init__.py"), *PACKAGE.glob("doors/*/__init__.py")]
    if p.parent.name != "doors"
)
MODULES = sorted(PACKAGE.rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _room(path: Path) -> str:
    """The room a file belongs to; each door is a room of its own, `_access` and `_frame` too."""
    parts = path.relative_to(PACKAGE).parts
    if parts[0] == "doors" and len(parts) > 2:
        return f"careweave.doors.{parts[1]}"
    return f"careweave.{parts[0]}" if len(parts) > 1 else f"careweave.{path.stem}"


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _private_of_another(path: Path) -> list[str]:
    own = _room(path)
    found = []
    for name in _imported(_tree(path)):
        parts = name.split(".")
        if parts[0] != "careweave":
            continue
        depth = 3 if parts[1] == "doors" else 2
        room, inner = ".".join(parts[:depth]), parts[depth:]
        if room != own and any(part.startswith("_") for part in inner):
            found.append(name)
    return found


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [lint, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_room_imports_a_private_module_of_another() -> None:
    wrong = {str(p.relative_to(ROOT)): found for p in MODULES if (found := _private_of_another(p))}
    assert wrong == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_and_shows_names_that_exist(room: str) -> None:
    module = importlib.import_module(f"careweave.{room}")
    assert (module.__doc__ or "").strip().endswith("."), "the first docstring says what the room is"
    shown = list(getattr(module, "__all__", []))
    assert shown
    assert all(hasattr(module, name) for name in shown)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_module_is_longer_than_500_lines() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in MODULES}
    assert {name: n for name, n in lengths.items() if n > 500} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in _functions(_tree(path))
        if (node.end_lineno or node.lineno) - node.lineno + 1 > 50
    ]
    assert long == []


def _broad_handlers(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            names = (
                {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
                if node.type
                else {""}
            )
            if names & {"Exception", "BaseException", ""}:
                yield node.lineno


def test_only_doors_and_worker_loops_catch_everything() -> None:
    # db closes or hands on a connection whatever happens, and raises again. The worker of arrivals
    # writes down with each message what went wrong, so that one never stops another.
    allowed = {"doors", "wiring.py", "db/", "intake/_worker"}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in MODULES
        for line in _broad_handlers(_tree(path))
        if not any(str(path.relative_to(PACKAGE)).startswith(prefix) for prefix in allowed)
    ]
    assert wrong == []


_SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.+\b(FROM|VALUES|SET|WHERE)\b", re.DOTALL
)


def test_sql_text_stands_only_in_query_files_and_the_search_compiler() -> None:
    wrong = []
    for path in MODULES:
        name = str(path.relative_to(PACKAGE))
        if name.startswith(("record/_compile", "db/")):
            continue
        for node in ast.walk(_tree(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and _SQL.search(node.value)
            ):
                wrong.append(f"{name}:{node.lineno}")
    assert wrong == []


_FORBIDDEN = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|registry\.yarnpkg|deb\.debian|/opt/pypi|npmmirror",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"(?<![\w./-])/(?:work|root)/(?:main|shared|\.pyenv|notes)\b")


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_a_registry_host_or_a_path_of_a_machine() -> None:
    wrong = []
    for path in _tracked():
        if path == Path(__file__) or path.suffix in {".gz", ".png", ".bin"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [str(path.relative_to(ROOT)) for law in (_FORBIDDEN, _MACHINE) if law.search(text)]
    assert wrong == []


def test_no_uv_lock_is_kept() -> None:
    assert not [p for p in _tracked() if p.name == "uv.lock"]


def test_requirements_are_locked_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9][\w.\[\]-]*==", text, re.MULTILINE | re.IGNORECASE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)


def test_no_todo_is_left_without_an_issue() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.suffix in {".py", ".sql"}
        and path != Path(__file__)
        and re.search(r"\b(TODO|FIXME|XXX)\b(?!\s*\(#\d+\))", path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_the_package_stays_small() -> None:
    size = sum(path.stat().st_size for path in _tracked() if PACKAGE in path.parents)
    assert size < 25_000_000
