"""What receipts say of days."""

from datetime import timedelta

from plugins.steps.days import day_receipts, receipts_of_days
from tests.stores import Site, hit, utc

NOW = utc(2026, 3, 4, 12)


def test_receipts_of_several_days_are_those_of_each(tmp_path):
    site = Site(tmp_path, NOW)
    moments = [NOW - timedelta(hours=hours) for hours in (50, 49, 26, 25, 2, 1)]
    site.write("access.log", *(hit(moment) for moment in moments[:3]))
    site.write("access.log.1", *(hit(moment, path="/b") for moment in moments[3:]))
    site.ingest()
    store = site.open()
    days = store.open_days()

    assert len(days) == 3
    assert receipts_of_days(store, days) == {day: day_receipts(store, day) for day in days}
    assert receipts_of_days(store, []) == {}
