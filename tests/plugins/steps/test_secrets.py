"""What a store keeps of secret query keys: nothing, unless an attack is in their values."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from plugins.blocklist.decisions import Decisions
from plugins.steps.days import day_receipts
from plugins.steps.detecting import detect
from plugins.store.store import Store
from tests.stores import POLICY, Site, apache_error, hit, silent, utc

NOON = utc(2026, 7, 1, 12)
SECRET = "hunter2"


def kept(store: Store) -> str:
    """Everything that the window holds, decrypted, as one text."""
    texts = []
    for day in store.open_days():
        for receipt in day_receipts(store, day):
            for sealed in receipt.of_day(day):
                table = store.window.get(sealed, store.keys.get(day, sealed.generation))
                texts += [str(row) for row in table.to_pylist()]
    return "\n".join(texts)


def test_no_value_of_a_secret_key_is_in_the_window(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON, POLICY.replace("[statistics]", 'secret_query_keys = ["member_no"]\n\n[statistics]'))
    site.write(
        "access.log",
        hit(NOON, path=f"/login?password={SECRET}&next=%2Fa%3Ftoken%3D{SECRET}"),
        hit(NOON, path=f"/x;jsessionid={SECRET}?member_no={SECRET}&p=seen"),
        hit(NOON).replace('"-"', f'"https://example.org/cb?code={SECRET}#access_token={SECRET}"'),
        f"half a line of GET /login?pwd={SECRET}&p=quarantined\n",
    )
    site.write(
        "error.log",
        apache_error(NOON, message=f"AH00128: File does not exist: x, referer: http://example.org/?sid={SECRET}"),
        f"#0 login?password={SECRET}\n",
    )
    site.ingest()
    found = kept(site.open())
    assert SECRET not in found
    assert found.count("{secret}") >= 9
    assert "p=seen" in found
    assert "p=quarantined" in found
    assert site.counts() == {"hits": 3, "errors": 1, "continuations": 1, "quarantine": 1}


def test_an_attack_in_a_secret_value_is_kept_and_found(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    attack = "token=%27%20union%20select%20password%20from%20users--"
    site.write(
        "access.log", *(hit(NOON + timedelta(seconds=n), "203.0.113.77", f"/?{attack}&n={n}") for n in range(20))
    )
    site.ingest()
    store = site.open()
    assert attack in kept(store)
    detect(store, "operations", silent)
    decisions = [one for day in store.open_days() for one in Decisions(store).of_day(day)]
    assert [one.target for one in decisions] == ["203.0.113.77"]


def test_column_types_of_the_window_stay(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON, path=f"/login?password={SECRET}"), hit(NOON, path="/"))
    site.ingest()
    store = site.open()
    (day,) = store.open_days()
    (receipt,) = day_receipts(store, day)
    (sealed,) = [one for one in receipt.of_day(day) if one.kind == "hits"]
    hits = store.window.get(sealed, store.keys.get(day, sealed.generation))
    assert pa.types.is_dictionary(hits.schema.field("query").type)
    assert hits["query"].to_pylist() == ["password={secret}", None]
