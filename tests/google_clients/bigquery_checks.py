"""BigQuery: load jobs with ids of the caller's, and queries with named parameters and many pages."""

import datetime
import json
from collections.abc import Callable, Iterator
from unittest import mock

from checking import expect, expect_error
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

TABLE = "nba_raw.bdl_live_boxscores"
# The location in which BigQuery looks for a job if the call names none.
ANOTHER_LOCATION = "US"
DAY = datetime.date(2026, 1, 10)
POLL = datetime.datetime(2026, 1, 11, 0, 30, 0, 123456, tzinfo=datetime.UTC)
ROWS, PAGE, PAGES = 25, 10, [10, 10, 5]
# The client subtracts a quarter of a second from the timeout for `timeoutMs`, which leaves 0.
NO_WAIT = 0.25

QUERY = f"""
-- @poll_id STRING
-- @game_date DATE
-- @least INT64
SELECT poll_timestamp, poll_id, game_date, is_halftime, bdl_player_id, minutes_decimal, assists
FROM {TABLE}
WHERE poll_id = @poll_id AND game_date = @game_date AND bdl_player_id >= @least
ORDER BY bdl_player_id
"""


def checks(settings) -> Iterator[tuple[str, Callable[[], None]]]:
    it = BigQuery(settings)
    yield "a load job appends its rows", it.loads
    yield "a job id that is taken is refused, and its rows come once", it.refuses_second
    yield "a job is found in its location and nowhere else", it.finds_in_location
    yield "a job whose rows cannot be read fails as a whole, for the reason invalid", it.fails_invalid
    yield "a query with named parameters has its rows typed", it.queries
    yield "a query's rows come page by page, by query_and_wait", it.pages_of_wait
    yield "a query's rows come page by page, by a query job", it.pages_of_job
    yield "a query that is not complete yet is waited for", it.waits
    yield "a query that is wrong is refused, for the reason invalidQuery", it.refuses_query
    yield "a query in another location finds no dataset", it.queries_elsewhere


def row(number: int, poll_id: str) -> dict:
    return {
        "poll_timestamp": POLL.isoformat(),
        "poll_id": poll_id,
        "game_id": "18447",
        "game_date": DAY.isoformat(),
        "is_halftime": number % 2 == 0,
        "home_team_abbr": "LAL",
        "away_team_abbr": "BOS",
        "bdl_player_id": number,
        "player_lookup": f"player{number}",
        "team_abbr": "LAL",
        "minutes_decimal": number + 0.5,
        "processed_at": POLL.isoformat(),
    }


class BigQuery:
    def __init__(self, settings) -> None:
        self.location, self.run, self.bucket = settings.location, settings.run, settings.raw_bucket
        common = {
            "project": settings.project,
            "credentials": AnonymousCredentials(),
            "client_options": {"api_endpoint": settings.endpoint},
        }
        self.storage = storage.Client(**common)
        self.client = bigquery.Client(location=settings.location, **common)
        self.nowhere = bigquery.Client(**common)

    def load(self, name: str, lines: list[str], job: str | None = None) -> bigquery.LoadJob:
        """A load job of these lines, which has begun."""
        staged = f"staging/second-opinion-{self.run}-{name}.ndjson"
        self.storage.bucket(self.bucket).blob(staged).upload_from_string("\n".join(lines))
        configuration = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", create_disposition="CREATE_NEVER", write_disposition="WRITE_APPEND"
        )
        uri, id = f"gs://{self.bucket}/{staged}", f"second-opinion-{self.run}-{job or name}"
        return self.client.load_table_from_uri(uri, TABLE, job_id=id, job_config=configuration)

    def load_rows(self, name: str) -> bigquery.LoadJob:
        """A load job of rows with the poll id `name`, which is done."""
        lines = [json.dumps(row(number, f"{self.run}-{name}")) for number in range(ROWS)]
        return self.load(name, lines).result(timeout=60)

    def configuration(self, name: str, least: int = 0) -> bigquery.QueryJobConfig:
        poll = ("poll_id", "STRING", f"{self.run}-{name}")
        parameters = [poll, ("game_date", "DATE", DAY), ("least", "INT64", least)]
        return bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter(*it) for it in parameters])

    def count(self, name: str) -> int:
        return len(list(self.client.query_and_wait(QUERY, job_config=self.configuration(name))))

    def loads(self) -> None:
        job = self.load_rows("loaded")
        expect("the state", job.state, "DONE")
        expect("the errors", job.errors, None)
        expect("the rows of the job", job.output_rows, ROWS)
        expect("the location", job.location, self.location)
        expect("the rows of the table", self.count("loaded"), ROWS)

    def refuses_second(self) -> None:
        self.load_rows("once")
        again = lambda: self.load("again", [json.dumps(row(0, f"{self.run}-once"))], job="once").result(timeout=60)
        error = expect_error("a second job", Conflict, again)
        expect("the reason", error.errors[0]["reason"], "duplicate")
        expect("the rows of the table", self.count("once"), ROWS)

    def finds_in_location(self) -> None:
        job = self.load_rows("found")
        found = self.client.get_job(job.job_id, location=self.location)
        expect("the job", (found.job_id, found.location, found.state), (job.job_id, self.location, "DONE"))
        expect("the rows of the job", found.output_rows, ROWS)
        expect("the table", (found.destination.dataset_id, found.destination.table_id), tuple(TABLE.split(".")))
        elsewhere = lambda: self.client.get_job(job.job_id, location=ANOTHER_LOCATION)
        expect_error("the job in another location", NotFound, elsewhere)
        expect_error("the job without a location", NotFound, lambda: self.nowhere.get_job(job.job_id))
        never = lambda: self.client.get_job(f"second-opinion-{self.run}-never")
        expect_error("a job that was never sent", NotFound, never)

    def fails_invalid(self) -> None:
        good = json.dumps(row(0, f"{self.run}-unread"))
        for name, bad in {"no-json": "{]", "no-number": json.dumps({**row(1, "bad"), "points": "many"})}.items():
            job = self.load(f"unread-{name}", [good, bad])
            expect_error(f"the result with {name}", BadRequest, lambda: job.result(timeout=60))
            expect(f"the state with {name}", job.state, "DONE")
            expect(f"the reason with {name}", job.error_result["reason"], "invalid")
            expect(f"the reasons with {name}", {error["reason"] for error in job.errors}, {"invalid"})
        expect("the rows of the table", self.count("unread"), 0)

    def queries(self) -> None:
        self.load_rows("typed")
        rows = list(self.client.query_and_wait(QUERY, job_config=self.configuration("typed", least=ROWS - 2)))
        expected = [(POLL, f"{self.run}-typed", DAY, n % 2 == 0, n, n + 0.5, None) for n in (ROWS - 2, ROWS - 1)]
        expect("the rows", [row.values() for row in rows], expected)

    def expect_pages(self, rows: bigquery.table.RowIterator) -> None:
        expect("the number of rows, said in advance", rows.total_rows, ROWS)
        pages = [[(row["bdl_player_id"], row["poll_timestamp"]) for row in page] for page in rows.pages]
        expect("the rows", [it for page in pages for it in page], [(number, POLL) for number in range(ROWS)])
        expect("the rows on each page", [len(page) for page in pages], PAGES)

    def pages_of_wait(self) -> None:
        self.load_rows("waited")
        self.expect_pages(self.client.query_and_wait(QUERY, job_config=self.configuration("waited"), page_size=PAGE))

    def pages_of_job(self) -> None:
        self.load_rows("asked")
        job = self.client.query(QUERY, job_config=self.configuration("asked"))
        self.expect_pages(job.result(page_size=PAGE, timeout=60))
        expect("the job", (job.state, job.location, job.job_type), ("DONE", self.location, "query"))
        # Without a page size the client first waits for the end by requesting a page of no rows.
        whole = self.client.query(QUERY, job_config=self.configuration("asked")).result(timeout=60)
        expect("the rows without a page size", len(list(whole)), ROWS)

    def waits(self) -> None:
        self.load_rows("incomplete")
        complete, call = [], self.client._connection.api_request

        def watched(**request):
            answer = call(**request)
            complete.append(answer.get("jobComplete"))
            return answer

        with mock.patch.object(self.client._connection, "api_request", watched):
            rows = self.client.query_and_wait(
                QUERY, job_config=self.configuration("incomplete"), page_size=PAGE, api_timeout=NO_WAIT
            )
        expect("whether the query is complete in no time", complete[0], False)
        self.expect_pages(rows)

    def refuses_query(self) -> None:
        wrong = lambda: self.client.query_and_wait(f"SELECT nonsense FROM {TABLE}")
        error = expect_error("a column that is missing", BadRequest, wrong)
        expect("the reason", error.errors[0]["reason"], "invalidQuery")

    def queries_elsewhere(self) -> None:
        sql = f"SELECT poll_id FROM {TABLE} LIMIT 1"
        elsewhere = lambda: self.client.query_and_wait(sql, location=ANOTHER_LOCATION)
        expect_error("a query in another location", NotFound, elsewhere)
