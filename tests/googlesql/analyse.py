"""Analyses queries with Google's own GoogleSQL analyser, against the schemas in infra/bigquery.

    analyse.py FILE.sql ...

A file's parameters are declared in its comments, one a line: `-- @game_date DATE`. Prints what is wrong
with each file and ends with status 1 if anything is.
"""

import json
import re
import sys
from pathlib import Path

from zetasql.api import Analyzer, CatalogBuilder, TableBuilder
from zetasql.types import (
    AnalyzerOptions,
    LanguageOptions,
    SimpleCatalog,
    Type,
    TypeKind,
    ZetaSQLBuiltinFunctionOptions,
)

SCHEMAS = Path(__file__).parents[2] / "infra" / "bigquery"

# The names of types in a table's schema and in a query, as the analyser has them.
KINDS = {
    "STRING": TypeKind.TYPE_STRING,
    "INTEGER": TypeKind.TYPE_INT64,
    "INT64": TypeKind.TYPE_INT64,
    "FLOAT": TypeKind.TYPE_DOUBLE,
    "FLOAT64": TypeKind.TYPE_DOUBLE,
    "BOOLEAN": TypeKind.TYPE_BOOL,
    "BOOL": TypeKind.TYPE_BOOL,
    "DATE": TypeKind.TYPE_DATE,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
}

DECLARATION = re.compile(r"^--\s*@(\w+)\s+(\w+)\s*$", re.MULTILINE)


def catalog() -> SimpleCatalog:
    """Every dataset, with its tables."""
    features = ZetaSQLBuiltinFunctionOptions(language_options=LanguageOptions.maximum_features())
    project = CatalogBuilder("project").with_builtin_functions(features).build()
    for dataset in sorted(path for path in SCHEMAS.iterdir() if path.is_dir()):
        tables = CatalogBuilder(dataset.name)
        for file in sorted(dataset.glob("*.json")):
            table = TableBuilder(file.stem)
            for field in json.loads(file.read_text())["schema"]["fields"]:
                table.add_column(field["name"], KINDS[field["type"]])
            tables.add_table(table.build())
        project.catalog.append(tables.build())
    return project


def options(sql: str) -> AnalyzerOptions:
    """The analyser's options, with the parameters that the query declares."""
    options = AnalyzerOptions(language_options=LanguageOptions.maximum_features())
    for name, kind in DECLARATION.findall(sql):
        parameter = AnalyzerOptions.QueryParameter(name=name, type=Type(type_kind=KINDS[kind]))
        options.query_parameters.append(parameter)
    return options


def main(files: list[str]) -> int:
    tables = catalog()
    wrong = 0
    for file in files:
        sql = Path(file).read_text()
        try:
            Analyzer(options(sql), tables).analyze_statement(sql)
        except Exception as error:  # The analyser has a type of its own for each kind of mistake.
            print(f"{file}: {error}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
