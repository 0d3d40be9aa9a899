#!/usr/bin/env python3
"""Turns .sql files into C++ headers.

Statements (common/outbox/lane.sql):

    -- name: FindLane
    -- Served by outbox_lane_pkey.
    SELECT state FROM outbox_lane WHERE lane_id = :lane_id

    -- name: InsertEvents [postgresql]
    ...
    -- name: InsertEvents [sqlite]
    ...

A statement without [dialect] serves both; for SQLite PostgreSQL's type names (CAST(:lane_id AS uuid)) are replaced by
SQLite's, as in migrations. `-- fragment: Name` holds text that later statements of the file include as {{Name}}. Each
statement becomes `inline constexpr db::Statement k<Name>` in namespace <namespace>::sql, without comment lines.

Migrations (migrations/0001_lanes.sql) are written once, with PostgreSQL's column types; SQLITE_TYPES below is the whole
difference, and that texts are compared by their bytes on PostgreSQL too: an index does not depend on the locale of its
machine, which another version of glibc may change, and is cheaper to search. A migration that needs more has twins, 0002_x.postgresql.sql and 0002_x.sqlite.sql. Statements end with `;`
at the end of a line. They become `inline constexpr db::Migration kMigrations[]`.
"""

import argparse
import hashlib
import os
import re
import sys

SQLITE_TYPES = {"uuid": "TEXT", "bytea": "BLOB", "bigint": "BIGINT", "boolean": "BIGINT"}
DIALECTS = ("postgresql", "sqlite")


def fail(message):
    sys.exit(f"embed_sql: {message}")


def without_comments(lines):
    return "\n".join(l.rstrip() for l in lines if l.strip() and not l.lstrip().startswith("--"))


def literal(sql):
    return f'R"sql({sql})sql"' if sql is not None else "nullptr"


def include_fragments(path, sql, fragments):
    def text_of(match):
        if match[1] not in fragments:
            fail(f"{path}: there is no fragment {match[1]} above its use")
        return fragments[match[1]]

    return re.sub(r"\{\{(\w+)\}\}", text_of, sql)


def read_statements(path):
    statements, fragments, kind, name, dialect, body = {}, {}, None, None, None, []

    def finish():
        if name is None:
            return
        sql = include_fragments(path, without_comments(body).rstrip().rstrip(";"), fragments)
        if not sql:
            fail(f"{path}: {name} is empty")
        if kind == "fragment":
            fragments[name] = sql
            return
        twins = statements.setdefault(name, {})
        for d in [dialect] if dialect else DIALECTS:
            if d in twins:
                fail(f"{path}: {name} is defined twice for {d}")
            twins[d] = to_sqlite(sql) if d == "sqlite" else sql

    for line in open(path, encoding="utf-8"):
        match = re.match(r"-- (name|fragment): (\w+)(?: \[(postgresql|sqlite)\])?\s*$", line)
        if match:
            finish()
            kind, name, dialect, body = match[1], match[2], match[3], []
        elif name is not None:
            body.append(line)
        elif line.strip() and not line.startswith("--"):
            fail(f"{path}: SQL before the first `-- name:`")
    finish()
    for n, twins in statements.items():
        if len(twins) != len(DIALECTS):
            fail(f"{path}: {n} lacks {set(DIALECTS) - set(twins)}")
    return statements


def emit(out, namespace, include, lines):
    body = "\n".join(lines)
    text = f'#pragma once\n\n#include "{include}"\n\nnamespace {namespace} {{\n\n{body}\n\n}}  // namespace {namespace}\n'
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w", encoding="utf-8") as f:
        f.write(text)


def statements(args):
    lines = []
    for path in args.files:
        for name, twins in read_statements(path).items():
            lines.append(
                f'inline constexpr db::Statement k{name}{{"{name}", {literal(twins["postgresql"])}, {literal(twins["sqlite"])}}};'
            )
    emit(args.out, args.namespace + "::sql", "common/db/statement.h", lines)


def to_sqlite(sql):
    return re.sub(r"\b(" + "|".join(SQLITE_TYPES) + r")\b", lambda m: SQLITE_TYPES[m[0]], sql)


def to_postgresql(sql):
    return re.sub(r"\btext\b", 'text COLLATE "C"', sql)


def migrations(args):
    found = {}
    for path in args.files:
        match = re.fullmatch(r"(\d{4})_(\w+)(?:\.(postgresql|sqlite))?\.sql", os.path.basename(path))
        if not match:
            fail(f"{path}: expected NNNN_name[.dialect].sql")
        sql = without_comments(open(path, encoding="utf-8").read().splitlines())
        entry = found.setdefault(int(match[1]), {"name": match[2]})
        for d in [match[3]] if match[3] else DIALECTS:
            adapt = to_sqlite if d == "sqlite" else to_postgresql
            entry[d] = sql if match[3] else adapt(sql)
    if sorted(found) != list(range(1, len(found) + 1)):
        fail(f"{args.namespace}: migrations are not numbered 1, 2, 3 …: {sorted(found)}")
    lines = ["inline constexpr db::Migration kMigrations[] = {"]
    for version in sorted(found):
        m = found[version]
        for d in DIALECTS:
            if d not in m:
                fail(f"{args.namespace}: migration {version} lacks {d}")
        digest = {d: hashlib.sha256(m[d].encode()).hexdigest()[:16] for d in DIALECTS}
        lines.append(
            f'    {{{version}, "{m["name"]}", {literal(m["postgresql"])}, "{digest["postgresql"]}", '
            f'{literal(m["sqlite"])}, "{digest["sqlite"]}"}},'
        )
    lines.append("};")
    emit(args.out, args.namespace, "common/db/migration.h", lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["statements", "migrations"])
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    {"statements": statements, "migrations": migrations}[args.kind](args)


if __name__ == "__main__":
    main()
