"""Looking for a word in everything that a database holds."""

import psycopg
from psycopg import sql

from careweave.db import Database


def holding(database: Database, word: str) -> list[str]:
    """The tables in which a word is found anywhere, in text or in bytes."""
    held = []
    with psycopg.connect(database.url) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n"
            " ON c.relnamespace = n.oid WHERE c.relkind IN ('r', 'm')"
            " AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_')"
        ).fetchall()
        for schema, table in tables:
            found = connection.execute(
                sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text ILIKE ANY(%s::text[])").format(
                    sql.Identifier(schema, table)
                ),
                [[f"%{word}%", f"%{word.encode().hex()}%", f"%{word.lower().encode().hex()}%"]],
            ).fetchone()
            held += [f"{schema}.{table}"] if found[0] else []
    return sorted(held)
