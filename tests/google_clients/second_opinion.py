"""Drives a running local cloud with Google's own clients and says where it does not behave as Google's.

    second_opinion.py --endpoint http://127.0.0.1:8080 --project local --location us-west2 \
        --raw-bucket nba-scraped-data --topic nba-phase6-export-complete

Prints a line for each check, `ok    NAME` or `FAIL  NAME: what was expected and what came`. The exit status is 1
where a check fails, and 2 where nothing serves at the endpoint. Every run makes objects, jobs and rows of its own,
so that it may be repeated.
"""

import argparse
import socket
import sys
import uuid
from urllib.parse import urlsplit

import bigquery_checks
import pubsub_checks
import storage_checks
from checking import failure_of

SERVICES = {"storage": storage_checks, "bigquery": bigquery_checks, "pubsub": pubsub_checks}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="where the services are, http://HOST:PORT")
    parser.add_argument("--project", required=True)
    parser.add_argument("--location", required=True, help="a single region, which is where the datasets are")
    parser.add_argument("--raw-bucket", required=True)
    parser.add_argument("--topic", required=True, help="a topic that exists")
    parser.add_argument("--only", choices=SERVICES, help="one service's checks")
    return parser.parse_args()


def main() -> int:
    settings = arguments()
    settings.run = uuid.uuid4().hex[:12]
    try:
        socket.create_connection((urlsplit(settings.endpoint).hostname, urlsplit(settings.endpoint).port), 5).close()
    except OSError as error:
        print(f"nothing serves at {settings.endpoint}: {error}", file=sys.stderr)
        return 2
    failed = 0
    for service, module in SERVICES.items():
        if settings.only in (None, service):
            for name, check in module.checks(settings):
                failure = failure_of(check)
                failed += failure is not None
                line = f"ok    {service}: {name}" if failure is None else f"FAIL  {service}: {name}: {failure}"
                print(line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
