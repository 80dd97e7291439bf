"""Each named statement is valid on the migrated server and names only its own room's schema."""

import importlib.util
from pathlib import Path

import psycopg
import pytest
import sqlglot
from sqlglot import exp

from careweave.db import Database, Queries

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "careweave").rglob("queries.sql"))


def _package(path: Path) -> str:
    return ".".join(path.parent.relative_to(ROOT).parts)


def _statements() -> list[tuple[str, str, str]]:
    found = []
    for path in FILES:
        queries = Queries(_package(path))
        for name in queries:
            found.append((path.parent.name.lstrip("_"), name, queries[name].numbered))
    return found


STATEMENTS = _statements()


@pytest.mark.parametrize(
    ("room", "name", "text"), STATEMENTS, ids=[f"{r}.{n}" for r, n, _ in STATEMENTS]
)
def test_a_named_statement_prepares(room: str, name: str, text: str, shared: Database) -> None:
    if text.split(None, 1)[0].upper() in {"COPY", "LISTEN", "NOTIFY", "ANALYZE", "VACUUM", "SET"}:
        with psycopg.connect(shared.url) as connection:
            known = connection.execute("SELECT 1").fetchone()
        assert known == (1,)
        return
    with psycopg.connect(shared.url) as connection:
        connection.execute("SET search_path = ''")
        connection.execute(f"PREPARE {room}_{name} AS {text}".encode())


@pytest.mark.parametrize("path", FILES, ids=[p.parent.name for p in FILES])
def test_a_room_s_statements_name_only_its_own_schema(path: Path) -> None:
    room = path.parent.name.lstrip("_")
    queries = Queries(_package(path))
    foreign = []
    for name in queries:
        for tree in sqlglot.parse(queries[name].numbered, read="postgres"):
            if tree is None:
                continue
            inner = {cte.alias for cte in tree.find_all(exp.CTE)}
            # FOR UPDATE OF names an alias, which the parser takes for a table.
            inner |= {table.alias for table in tree.find_all(exp.Table) if table.alias}
            for table in tree.find_all(exp.Table):
                if isinstance(table.this, exp.Func | exp.Anonymous) or (
                    not table.db and table.name in inner
                ):
                    continue
                if table.db not in {
                    room,
                    "pg_catalog",
                    "information_schema",
                } and not table.name.startswith("pg_"):
                    foreign.append(f"{name}: {table.sql()}")
    assert foreign == []


@pytest.mark.parametrize("path", FILES, ids=[p.parent.name for p in FILES])
def test_a_statement_has_a_comment_of_meaning_and_names_its_columns(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wrong = []
    for part in text.split("-- name: ")[1:]:
        name, _, rest = part.partition("\n")
        if not rest.startswith("-- "):
            wrong.append(f"{name}: no comment")
        if "*" in rest.replace("count(*)", "").replace("COUNT(*)", "").replace("1000 *", ""):
            tree = sqlglot.parse_one(Queries(_package(path))[name].numbered, read="postgres")
            if any(True for _ in tree.find_all(exp.Star)) and "count(*)" not in rest.lower():
                wrong.append(f"{name}: *")
    assert wrong == []


def test_every_table_and_column_has_a_comment(shared: Database) -> None:
    schemas = [p.parent.name.lstrip("_") for p in FILES]
    with psycopg.connect(shared.url) as connection:
        silent = connection.execute(
            """
            SELECT n.nspname || '.' || c.relname || coalesce('.' || a.attname, '')
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND col_description(c.oid, a.attnum) IS NULL
            ORDER BY 1
            """,
            [schemas],
        ).fetchall()
    assert [name for (name,) in silent] == []


def test_the_schema_in_the_docs_is_the_schema_of_the_migrations(shared: Database) -> None:
    spec = importlib.util.spec_from_file_location("docs_tool", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (ROOT / "docs" / "reference" / "schema.md").read_text(encoding="utf-8")
    assert tool.schema(shared.url) == written, "run ./run docs"
