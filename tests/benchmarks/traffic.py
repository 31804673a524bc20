"""The access log of a large site, in Apache's combined layout, made by the day and as fast as columns allow."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.benchmarks.texts import BROKEN, SITE, WORDS, Texts, make_texts

Ints = np.ndarray
A_DAY: Final = 350_000  # lines
FIRST_DAY: Final = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
HITS_A_VISIT: Final = 14  # more than a visit has, so that no day is short of lines
PEOPLE, CRAWLERS, ATTACKERS = 85, 13, 2  # lines in a hundred
ATTACKER: Final = 1 << 22  # the first of them, by number; they are as many as 198.18.0.0/15 has addresses
STATUS: Final = np.array(["200", "304", "301", "404", "500"])


def write_log(path: Path, lines: int, a_day: int = A_DAY) -> None:
    """Write that many lines of consecutive days; the same arguments give the same bytes."""
    texts = make_texts()
    with path.open("wb") as file:
        for day, begin in enumerate(range(0, lines, a_day)):
            for block in day_lines(texts, day, min(a_day, lines - begin)):
                file.write(block)


def day_lines(texts: Texts, day: int, count: int) -> Iterator[bytes]:
    """The lines of one day in the order of time."""
    random = np.random.default_rng([1, day])
    people = _people(texts, random, day, count * PEOPLE // 100)
    crawlers = _crawlers(texts, random, count * CRAWLERS // 100)
    attackers = _attackers(texts, random, day, count - len(people) - len(crawlers))
    rows = pa.concat_tables([people, crawlers, attackers])
    rows = rows.take(np.argsort(rows["second"].to_numpy(), kind="stable")).combine_chunks()
    for batch in rows.to_batches(max_chunksize=50_000):
        yield _render(batch, day)


def _people(texts: Texts, random: np.random.Generator, day: int, count: int) -> pa.Table:
    """Visits of one to forty pages; what each page shows is asked for with it. Half of the visitors come again."""
    visits = count // 8 + 1
    sizes = random.geometric(0.35, visits).clip(1, 40)
    visit = np.repeat(np.arange(visits), sizes)
    is_first = np.diff(visit, prepend=-1) > 0
    steps = np.where(is_first, 0, 4 + random.lognormal(3.3, 1.1, len(visit)).clip(0, 1500)).astype(np.int64)
    walked = np.cumsum(steps)
    second = (86_000 * random.beta(3, 2.2, visits)).astype(np.int64)[visit] + walked - walked[is_first][visit]
    client = (day * visits // 2 + random.integers(0, visits, visits))[visit]
    page = _tail(random, len(visit), len(texts.pages))
    targets, referrers = _views(texts, random, page, is_first)
    shown = np.repeat(np.arange(len(visit)), np.where(is_first, random.integers(3, 8, len(visit)), 1))
    asset = (page[shown] // 4 * 5 + random.integers(0, 5, len(shown))) % len(texts.assets)
    rows = {
        "second": np.concatenate([second, second[shown] + random.integers(0, 3, len(shown))]) % 86_400,
        "client": np.concatenate([client, client[shown]]),
        "target": pa.concat_arrays([targets, texts.assets.take(asset)]),
        "referrer": pa.concat_arrays([referrers, _on_site(texts, page[shown])]),
        "status": pa.array(random.choice(STATUS, len(visit) + len(shown), p=(0.9, 0.06, 0.02, 0.019, 0.001))),
        "agent": texts.agents.take(_own_agent(texts, np.concatenate([client, client[shown]]))),
    }
    return pa.table(rows).take(random.permutation(len(visit) + len(shown))[:count])


def _views(texts: Texts, random: np.random.Generator, page: Ints, is_first: Ints) -> tuple[pa.Array, pa.Array]:
    """Targets and referrers; an advertisement marks each click, so such a query never comes twice."""
    chance = random.random(len(page))
    clicks = pa.array(random.integers(1 << 60, 1 << 62, len(page))).cast(pa.string())
    letters = pa.array((page % 60).astype(str))
    words = [pa.array(np.array(WORDS)[random.integers(0, len(WORDS), len(page))]) for _ in range(2)]
    queries = {
        "?gclid=Cj0KCQjw": (is_first & (chance < 0.04), clicks),
        "?utm_source=letter&utm_medium=email&utm_campaign=week": (is_first & (chance > 0.96), letters),
        "?q=": (~is_first & (chance < 0.05), pc.binary_join_element_wise(*words, "+")),
        "?page=": (~is_first & (chance > 0.93), letters),
    }
    targets = texts.pages.take(page)
    for key, (rows, values) in queries.items():
        targets = pc.if_else(pa.array(rows), pc.binary_join_element_wise(targets, key, values, ""), targets)
    sources = texts.sources.take(_tail(random, len(page), len(texts.sources)))
    return targets, pc.if_else(pa.array(is_first), sources, _on_site(texts, np.roll(page, 1)))


def _crawlers(texts: Texts, random: np.random.Generator, count: int) -> pa.Table:
    """Pages without what they show, from a few hundred addresses."""
    robot = random.integers(0, len(texts.robots), count)
    return pa.table(
        {
            "second": random.integers(0, 86_400, count),
            "client": (1 << 23) + robot * 50 + random.integers(0, 50, count),
            "target": texts.pages.take(random.integers(0, len(texts.pages), count)),
            "referrer": pa.array(["-"]).take(np.zeros(count, np.int64)),
            "status": pa.array(random.choice(STATUS, count, p=(0.8, 0.1, 0.04, 0.05, 0.01))),
            "agent": texts.robots.take(robot),
        }
    )


def _attackers(texts: Texts, random: np.random.Generator, day: int, count: int) -> pa.Table:
    """Probes for what is not there, within minutes each, from addresses of their own every day."""
    attacker = np.sort(random.integers(0, 40, count))
    return pa.table(
        {
            "second": (attacker * 2_100 + random.integers(0, 400, count)) % 86_400,
            "client": ATTACKER + day * 40 + attacker,
            "target": texts.attacks.take(_tail(random, count, len(texts.attacks))),
            "referrer": pa.array(["-"]).take(np.zeros(count, np.int64)),
            "status": pa.array(["404"]).take(np.zeros(count, np.int64)),
            "agent": texts.agents.take(attacker),
        }
    )


def _tail(random: np.random.Generator, count: int, size: int) -> Ints:
    """Positions in a list of which the first are met often and the last hardly ever."""
    return (size ** random.random(count) - 1).astype(np.int64)


def _own_agent(texts: Texts, client: Ints) -> Ints:
    """A visitor's browser, the same on all days; a few browsers are those of most."""
    return (len(texts.agents) ** ((client * 7919 % 10_007) / 10_007) - 1).astype(np.int64)


def _on_site(texts: Texts, page: Ints) -> pa.Array:
    return pc.binary_join_element_wise(SITE, texts.pages.take(page), "")


def _render(rows: pa.RecordBatch, day: int) -> bytes:
    """Lines; one in four hundred asks for nothing that makes sense."""
    client, second = rows["client"].to_numpy(), rows["second"].to_numpy()
    size = (client * 7919 + second * 104_729) % 60_000
    is_broken = pa.array(size % 400 == 0)
    stamps = pc.strftime(pa.array(FIRST_DAY + day * 86_400 + second).cast(pa.timestamp("s")), "%d/%b/%Y:%H:%M:%S")
    asked = pc.binary_join_element_wise("GET ", rows["target"], " HTTP/1.1", "")
    broken = pa.array(np.array(BROKEN)[client % len(BROKEN)])
    lines = pc.binary_join_element_wise(
        *(_addresses(client), " - - [", stamps, ' +0000] "', pc.if_else(is_broken, broken, asked), '" '),
        *(pc.if_else(is_broken, "400", rows["status"]), " ", pa.array(size).cast(pa.string()), ' "'),
        *(rows["referrer"], '" "', rows["agent"], '"\n', ""),
    )
    content: bytes = lines.buffers()[2].to_pybytes()
    return content


def _addresses(client: Ints) -> pa.Array:
    """One in five comes over IPv6; private ranges and RFC 3849's, scattered; attackers, to be banned, RFC 2544's."""
    number = (client * 2_654_435_761 + 97) % (1 << 24)
    parts = [pa.array(number >> shift & 255).cast(pa.string()) for shift in (16, 8, 0)]
    groups = [pa.array(np.char.mod("%x", number >> shift & 4095)) for shift in (12, 0)]
    attacker = client - ATTACKER
    banned = [pa.array(one).cast(pa.string()) for one in (18 + (attacker >> 16), attacker >> 8 & 255, attacker & 255)]
    short = pc.if_else(
        pa.array(attacker >> 17 == 0),
        pc.binary_join_element_wise("198", *banned, "."),
        pc.binary_join_element_wise("10", *parts, "."),
    )
    long = pc.binary_join_element_wise("2001:db8", *groups, ":1", ":")
    return pc.if_else(pa.array(client % 5 == 0), long, short)
