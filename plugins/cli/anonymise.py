"""`lethe anonymise`: what is left of a field when it leaves the security window."""

import json
import sys
from typing import Annotated, Any, Final

import typer

from schemas.refusals import RefusedError
from transforms.anonymising.addresses import truncate_ip
from transforms.anonymising.text import scrub_query, scrub_text

TEXT_FIELDS: Final = ("path", "referrer", "user_agent", "error_message")
FIELDS: Final = ("client_ip", "query", *TEXT_FIELDS)


def anonymise(
    ipv4_prefix: Annotated[int, typer.Option(min=0, max=24, help="Bits kept of IPv4 addresses.")] = 24,
    ipv6_prefix: Annotated[int, typer.Option(min=0, max=64, help="Bits kept of IPv6 addresses.")] = 48,
    allow_key: Annotated[list[str] | None, typer.Option(help="A query key that may stay; may be repeated.")] = None,
) -> None:
    """Scrub JSON lines {"id", "field", "input"} from standard input to {"id", "output"}.

    `field` is client_ip, path, query, referrer, user_agent or error_message.
    """
    keys = allow_key or ["utm_source", "utm_medium", "utm_campaign"]
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            row = _read_row(line, number)
            output = _scrub(row["field"], row["input"], keys, ipv4_prefix, ipv6_prefix)
            sys.stdout.write(json.dumps({"id": row["id"], "output": output}, ensure_ascii=False) + "\n")


def _scrub(field: str, text: str, keys: list[str], ipv4_prefix: int, ipv6_prefix: int) -> str | None:
    if field == "client_ip":
        return truncate_ip(text, ipv4_prefix, ipv6_prefix)
    return scrub_query(text, keys) if field == "query" else scrub_text(text, field)


def _read_row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise RefusedError(f"line {number} of standard input is not JSON") from None
    if not isinstance(row, dict) or not {"id", "field", "input"} <= row.keys():
        raise RefusedError(f"line {number} of standard input lacks one of the keys id, field, input")
    if row["field"] not in FIELDS:
        raise RefusedError(f"line {number} of standard input has an unknown field; allowed are {', '.join(FIELDS)}")
    if not isinstance(row["input"], str):
        raise RefusedError(f"line {number} of standard input: input is no string")
    return row
