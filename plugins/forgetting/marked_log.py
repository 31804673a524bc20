"""Canaries among the lines: a log of their own, read into the window as every log is, which counts in no figure.

Its statistics are computed too, and kept nowhere: what the anonymiser leaves of a canary would be seen in them.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa

from plugins.databases import open_databases
from plugins.forgetting.canaries import Canaries
from plugins.logs.log_file import SHARD_BYTES, LogFile
from plugins.scenarios import scenarios_of
from plugins.steps.days import load_open_day
from plugins.steps.planning import Planned
from plugins.steps.reading import FileReader, open_writer
from plugins.store.store import Store, Tell
from schemas.forgetting import CANARY_LOG
from schemas.policy_model import Log
from schemas.receipts import Receipt, Sealed
from schemas.refusals import RefusedError
from transforms.anonymising.addresses import Address
from transforms.anonymising.spellings import spell
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_final_day

BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"


def plant(store: Store, canaries: Canaries, folder: Path, tell: Tell) -> None:
    """Write lines of today with canaries into log files in `folder`, and read them into the window.

    RefusedError where they could not be read to the last line. The files stay; whoever calls removes the folder.
    """
    log = Log(format="combined", timezone=store.policy.site.timezone).model_copy(update={"name": CANARY_LOG})
    policy = store.policy.model_copy(update={"logs": (log,)})
    now = store.clock().astimezone(ZoneInfo(log.timezone))
    with store.locks.held("ingest", shared=True):
        writer = open_writer(store)
        store.keys.store_key(may_make=not store.receipts.shards())
        for kind, lines in (("access", access_lines(canaries, now)), ("error", error_lines(canaries, now))):
            path = folder / f"{kind}.log"
            path.write_text("".join(lines), encoding="utf-8")
            planned = Planned(
                log=CANARY_LOG,
                kind=kind,
                path=str(path),
                file=secrets.token_hex(8),
                end=0,
                signature=LogFile(path).signature,
                is_old=False,
            )
            read = FileReader(replace(store, policy=policy), planned, writer, tell, SHARD_BYTES).read()
            if not read.whole:
                raise RefusedError("; ".join([*read.problems, *read.waiting]) or f"{path.name} was not read to its end")


def marked_receipts(store: Store, day: date) -> list[Receipt]:
    """The receipts of a day's canaries, which outlive what was sealed of them."""
    found = (store.receipts.get(shard) for shard in store.receipts.shards(f"{CANARY_LOG}/"))
    return [receipt for receipt in found if receipt and receipt.of_day(day)]


def sealed_of(store: Store, day: date) -> list[Sealed]:
    """All that was sealed of a day's canaries."""
    return [sealed for receipt in marked_receipts(store, day) for sealed in receipt.of_day(day)]


def scratch_tables(store: Store, day: date, receipts: list[Receipt]) -> Mapping[str, pa.Table]:
    """What statistics and visit log would be of canaries alone, if no group were too small. The day's lock is held."""
    statistics = store.policy.statistics.model_copy(update={"smallest_group": 1})
    policy = store.policy.model_copy(update={"statistics": statistics})
    data = load_open_day(store, day, receipts)
    with open_databases(policy) as databases:
        tables, visit_log = compute_final_day(data, scenarios_of(policy), Context(policy, *databases))
    return {**tables, **{f"visit log {name}": table for name, table in visit_log.items()}}


def access_lines(canaries: Canaries, now: datetime) -> Iterator[str]:
    """Each address as a client, and in every field that a client can write, in the spellings that the scrub promises.

    Queries do not leave the window, so they hold all spellings.
    """
    agent, path, query = canaries.words
    for number, address in enumerate(canaries.addresses):
        for client, written in zip(_as_client(address), _as_text(address), strict=True):
            yield _hit(client, now, f"/{path}/from-{written}/")
            yield _hit(client, now, f"/search?forwarded-for={written}&word={query}", referrer=f"https://{written}/page")
            yield _hit(client, now, "/", agent=f"{BROWSER} {agent} (+http://{written}/about)")
        for spelling in spell(address):
            yield _hit(str(address), now, f"/?a{number}={quote(spelling.content)}")
        yield _hit(str(address), now, "/.env", status=404)  # an attack, which detection keeps apart


def error_lines(canaries: Canaries, now: datetime) -> Iterator[str]:
    """Each address as the client of an Apache error, and in its message."""
    for address in canaries.addresses:
        for client, written in zip(_as_client(address), _as_text(address), strict=True):
            at, message = f"{now:%a %b %d %H:%M:%S.%f %Y}", f"AH00128: File does not exist: /{written}"
            yield f"[{at}] [core:error] [pid 7:tid 8] [client {client}:50000] {message}\n"


def _as_client(address: Address) -> list[str]:
    """As servers write clients."""
    if isinstance(address, IPv4Address):
        return [str(address), f"::ffff:{address}", str(address)]
    return [str(address), address.exploded, str(address).upper()]


def _as_text(address: Address) -> list[str]:
    """As it may stand in a path, a referrer, an agent or a message."""
    if isinstance(address, IPv4Address):
        return [str(address), f"[::ffff:{address}]", str(address).replace(".", "%2E")]
    return [f"[{address}]", f"[{address.exploded}]", quote(f"[{address}]", safe="")]


def _hit(client: str, now: datetime, target: str, referrer: str = "-", agent: str = BROWSER, status: int = 200) -> str:
    """A line in the combined format."""
    return f'{client} - - [{now:%d/%b/%Y:%H:%M:%S %z}] "GET {target} HTTP/1.1" {status} 512 "{referrer}" "{agent}"\n'
