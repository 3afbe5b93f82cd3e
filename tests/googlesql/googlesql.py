"""Reads queries with Google's own GoogleSQL analyser and runs them with its evaluator.

Takes one JSON object on stdin:

    {"warehouse": FOLDER, "queries": [{"sql": TEXT, "parameters": {NAME: VALUE}}, ...]}

A query's parameters are declared in its comments, one a line: `-- @game_date DATE`. Each query is analysed
against the schemas in infra/bigquery; one that is right and has parameters is run on the rows that the SQLite
files in FOLDER hold. Prints a list with `{"error": TEXT}` or `{"rows": [ROW, ...]}` for each query.
"""

import json
import re
import sqlite3
import sys
from pathlib import Path

from zetasql.api import Analyzer, CatalogBuilder, PreparedQuery, TableBuilder
from zetasql.types import (
    AnalyzerOptions,
    LanguageOptions,
    ProductMode,
    SimpleCatalog,
    Type,
    TypeKind,
    ZetaSQLBuiltinFunctionOptions,
)

SCHEMAS = Path(__file__).parents[2] / "infra" / "bigquery"

# The names of types in a table's schema and in a query: the analyser's and GoogleSQL's spelling.
KINDS = {
    "STRING": (TypeKind.TYPE_STRING, "STRING"),
    "INTEGER": (TypeKind.TYPE_INT64, "INT64"),
    "INT64": (TypeKind.TYPE_INT64, "INT64"),
    "FLOAT": (TypeKind.TYPE_DOUBLE, "FLOAT64"),
    "FLOAT64": (TypeKind.TYPE_DOUBLE, "FLOAT64"),
    "NUMERIC": (TypeKind.TYPE_NUMERIC, "NUMERIC"),
    "BOOLEAN": (TypeKind.TYPE_BOOL, "BOOL"),
    "BOOL": (TypeKind.TYPE_BOOL, "BOOL"),
    "DATE": (TypeKind.TYPE_DATE, "DATE"),
    "TIMESTAMP": (TypeKind.TYPE_TIMESTAMP, "TIMESTAMP"),
}

DECLARATION = re.compile(r"^--\s*@(\w+)\s+(\w+)\s*$", re.MULTILINE)
# The number of rows that are written out at once.
PART = 400
COMMENT = re.compile(r"^--.*$", re.MULTILINE)


def language() -> LanguageOptions:
    """GoogleSQL as BigQuery speaks it: every feature, and no types that only Google's own code has."""
    options = LanguageOptions.maximum_features()
    options.product_mode = ProductMode.PRODUCT_EXTERNAL
    return options


def schemas() -> dict[str, dict[str, list[dict]]]:
    """The columns of every table of every dataset."""
    return {
        dataset.name: {
            file.stem: json.loads(file.read_text())["schema"]["fields"]
            for file in sorted(dataset.glob("*.json"))
        }
        for dataset in sorted(SCHEMAS.iterdir())
        if dataset.is_dir()
    }


def empty_catalog(name: str) -> SimpleCatalog:
    """A catalog with GoogleSQL's own functions and nothing else."""
    features = ZetaSQLBuiltinFunctionOptions(language_options=language())
    return CatalogBuilder(name).with_builtin_functions(features).build()


def catalog(datasets: dict) -> SimpleCatalog:
    """Every dataset, with its tables."""
    project = empty_catalog("project")
    for dataset, tables in datasets.items():
        of_dataset = CatalogBuilder(dataset)
        for name, fields in tables.items():
            table = TableBuilder(name)
            for field in fields:
                table.add_column(field["name"], KINDS[field["type"]][0])
            of_dataset.add_table(table.build())
        project.catalog.append(of_dataset.build())
    return project


def options(sql: str = "") -> AnalyzerOptions:
    """The analyser's options, with the parameters that the query declares."""
    options = AnalyzerOptions(language_options=language())
    for name, kind in DECLARATION.findall(sql):
        parameter = AnalyzerOptions.QueryParameter(name=name, type=Type(type_kind=KINDS[kind][0]))
        options.query_parameters.append(parameter)
    return options


def literal(value, kind: str) -> str:
    """A value as GoogleSQL writes it."""
    spelled = KINDS[kind][1]
    if value is None:
        return f"CAST(NULL AS {spelled})"
    if spelled == "BOOL":
        return "TRUE" if value else "FALSE"
    if spelled == "INT64":
        return str(int(value))
    if spelled == "FLOAT64":
        return f"CAST({value!r} AS FLOAT64)"
    text = json.dumps(str(value), ensure_ascii=False)
    return text if spelled == "STRING" else f"{spelled} {text}"


def rows_of(warehouse: Path, dataset: str, table: str, fields: list[dict]) -> str:
    """A table's rows, written out; in parts, because the engine takes no array of over a megabyte."""
    names = ", ".join(field["name"] for field in fields)
    types = ", ".join(f"{field['name']} {KINDS[field['type']][1]}" for field in fields)
    with sqlite3.connect(warehouse / f"{dataset}.sqlite") as database:
        rows = database.execute(f"SELECT {names} FROM {table}").fetchall()
    written = [f"({', '.join(literal(cell, field['type']) for cell, field in zip(row, fields))})" for row in rows]
    parts = [written[start : start + PART] for start in range(0, len(written), PART)] or [[]]
    return " UNION ALL ".join(f"SELECT * FROM UNNEST(ARRAY<STRUCT<{types}>>[{', '.join(part)}])" for part in parts)


def run(sql: str, parameters: dict, warehouse: Path, datasets: dict, functions: SimpleCatalog) -> list:
    """The rows of a query, each as JSON."""
    declared = DECLARATION.findall(sql)
    sql = COMMENT.sub("", sql)
    for name, kind in declared:
        sql = re.sub(rf"@{name}\b", lambda _: literal(parameters[name], kind), sql)
    tables = []
    for dataset, of_dataset in datasets.items():
        for table, fields in of_dataset.items():
            path = re.compile(rf"\b{dataset}\.{table}\b")
            if path.search(sql):
                sql = path.sub(f"{dataset}__{table}", sql)
                rows = rows_of(warehouse, dataset, table, fields)
                tables.append(f"{dataset}__{table} AS ({rows})")
    tables = f"WITH {', '.join(tables)}" if tables else ""
    whole = f"{tables} SELECT TO_JSON_STRING(result) FROM ({sql}) AS result"
    prepared = PreparedQuery.builder().set_sql(whole).set_analyzer_options(options()).set_catalog(functions)
    with prepared.prepare() as query:
        found = query.execute().content.table_data
        rows = found.row if found else []
    return [json.loads(row.cell[0].string_value) for row in rows]


def main() -> None:
    asked = json.load(sys.stdin)
    datasets = schemas()
    tables, functions = catalog(datasets), empty_catalog("functions")
    answers = []
    for query in asked["queries"]:
        sql = query["sql"]
        try:
            Analyzer(options(sql), tables).analyze_statement(sql)
            parameters = query.get("parameters")
            rows = []
            if parameters is not None:
                rows = run(sql, parameters, Path(asked["warehouse"]), datasets, functions)
            answers.append({"rows": rows})
        except Exception as error:  # The analyser has a type of its own for each kind of mistake.
            answers.append({"error": str(error)[:2000]})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
