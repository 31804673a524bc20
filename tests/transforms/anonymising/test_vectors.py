"""The vectors of LETHE_DATA: 0 leaks, 0 damaged, 0 wrong."""

import json
from typing import Any

import pytest

from tests.data import data_path
from tests.transforms.anonymising.test_text import readings
from transforms.anonymising.addresses import truncate_ip
from transforms.anonymising.text import scrub_query, scrub_text

KEYS = ("utm_source", "utm_medium", "utm_campaign")


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, Any]]:
    return json.loads(data_path("anonymise", "vectors.json").read_text())


def scrub(vector: dict[str, Any]) -> str:
    if vector["field"] == "query":
        return scrub_query(vector["input"], KEYS)
    return scrub_text(vector["input"], vector["field"])


def test_no_address_is_wrong(vectors: list[dict[str, Any]]) -> None:
    addresses = [vector for vector in vectors if vector["kind"] == "address"]
    assert addresses
    wrong = [one["id"] for one in addresses if truncate_ip(one["input"], 24, 48) != one["expected"]]
    assert wrong == []


def test_no_text_leaks(vectors: list[dict[str, Any]]) -> None:
    texts = [vector for vector in vectors if vector["kind"] == "text"]
    assert texts
    leaks = [
        one["id"]
        for one in texts
        if any(part.lower() in reading for reading in readings(scrub(one)) for part in one["forbidden"])
    ]
    assert leaks == []


def test_no_text_is_damaged(vectors: list[dict[str, Any]]) -> None:
    damaged = [
        one["id"]
        for one in vectors
        if one["kind"] == "text" and any(part not in scrub(one) for part in one.get("must_keep", []))
    ]
    assert damaged == []
