"""How long the statistics page takes: `python -m tests.benchmarks.report`, through a real API server.

The tables are those of a large site: a million hits a day, some thousands of pages, response times of each.
"""

import argparse
import gzip
import http.client
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from tests.benchmarks.measuring import machine
from tests.browser.serving import Server, serving
from tests.published import HOSTS, write_published
from tests.stores import POLICY, Site

PORT = 18082
Asked = Mapping[str, str]


def periods(last: date, times: int) -> Iterator[tuple[str, list[Asked]]]:
    """What is asked for: one month again and again; each time another; each time another of one host."""
    month = timedelta(days=29)
    moved = [last - timedelta(days=n % 60) for n in range(times)]
    yield "the same month", [{"from": str(last - month), "to": str(last)}] * times
    yield "another month each time", [{"from": str(day - month), "to": str(day)} for day in moved]
    yield (
        "the same, of one host",
        [{"from": str(day - month), "to": str(day), "vhost": HOSTS[n % 2]} for n, day in enumerate(moved)],
    )


def ask(server: Server, asked: Asked) -> tuple[float, int, int]:
    """Seconds until the page is whole, its bytes on the way and as HTML."""
    host = http.client.HTTPConnection("127.0.0.1", PORT)
    headers = {"Cookie": f"_token={server.tokens['analyst']}", "Accept-Encoding": "gzip"}
    begun = time.perf_counter()
    host.request("GET", f"/lethe/report?{urlencode(asked)}", headers=headers)
    answer = host.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - begun
    if answer.status != 200:
        raise SystemExit(f"the page answers {answer.status}")
    whole = gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content
    return seconds, len(content), len(whole)


def resident(process: int) -> int:
    """The resident sets of the server's processes together, in MB."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            group = int((status.parent / "stat").read_text().rpartition(")")[2].split()[2])
            lines = status.read_text().splitlines()
        except OSError:
            continue  # it has just ended
        if group == process:
            found += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return found // 1024


def measure(server: Server, last: date, times: int) -> None:
    before = resident(server.process)
    seconds, sent, whole = ask(server, {})
    print(f"first page of a new server | {seconds:.2f} s; {sent:,} bytes sent for {whole:,} of HTML")
    for name, pages in periods(last, times):
        took = [ask(server, asked)[0] for asked in pages]
        print(f"{name}, {times} requests | median {median(took):.2f} s, p95 {quantiles(took, n=20)[-1]:.2f} s")
    print(f"memory of the server | {before} MB before, {resident(server.process)} MB after")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.report", description=__doc__)
    parser.add_argument("--days", type=int, default=90, help="days with tables")
    parser.add_argument("--paths", type=int, default=4_000, help="pages of the site")
    parser.add_argument("--views", type=int, default=110_000, help="pageviews a day; hits are nine times as many")
    parser.add_argument("--times", type=int, default=50, help="requests of each kind")
    asked = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}")
    with tempfile.TemporaryDirectory() as temporary:
        site = Site(Path(temporary, "site"), datetime.now(UTC), POLICY)
        last = site.open().calendar.today()
        days = [last - timedelta(days=n) for n in reversed(range(asked.days))]
        write_published(site.folder / "store" / "statistics", days, asked.paths, asked.views)
        home = Path(temporary, "airflow")
        home.mkdir()
        with serving(site, home, PORT) as server:
            measure(server, last, asked.times)


if __name__ == "__main__":
    main()
