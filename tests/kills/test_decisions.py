"""Killed before or after any of its writes, and done again, an act on decisions leaves what it would have left."""

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from plugins.blocklist.by_hand import lift
from plugins.blocklist.exporting import publish_exports
from plugins.steps.erasing import erase
from plugins.store.door import Folder
from plugins.store.store import Store
from tests.plugins.blocklist.blocklists import (
    BERIT,
    DAY,
    MALLORY,
    NOON,
    TRUDY,
    attack,
    attacked,
    ban_by_hand,
    detect_on,
    export,
    kept,
)
from tests.stores import Site, silent

Act = Callable[[Site], object]
A_DAY = timedelta(days=1)


class KilledError(BaseException):
    """The end of a process, as far as what it leaves behind is concerned."""


def two_days(folder: Path) -> Site:
    """Attackers of two days, and a ban by hand."""
    site = attacked(folder, NOON - A_DAY, NOON - timedelta(minutes=5))
    attack(site, NOON - A_DAY, NOON, address=TRUDY)
    ban_by_hand(site)
    return site


def decided(folder: Path) -> Site:
    """The same, decided on."""
    site = two_days(folder)
    detect_on(site)
    publish_exports(site.open())
    return site


def detect_all(site: Site) -> None:
    detect_on(site)
    publish_exports(site.open())


def erase_mallory(site: Site) -> None:
    erase(site.open(), {ip_address(MALLORY)}, "operations", silent)


def lift_berit(site: Site) -> None:
    for one in kept(site):
        if one.target == BERIT and one.lifted_at is None:
            lift(site.open(), [one.decision], "it was us", "op")
    publish_exports(site.open())


def close_a_day(site: Site) -> None:
    site.now = NOON + 6 * A_DAY
    site.write("access.log", "")
    site.close()


def act_killed(act: Act, site: Site, kill_at: int, when: str) -> int:
    """Act, and end before or after a write; returns how many writes there were."""
    calls = [0]

    def counted(real: Callable[..., None], place: Folder, *arguments: Any) -> None:
        calls[0] += 1
        if calls[0] == kill_at and when == "before":
            raise KilledError
        real(place, *arguments)
        if calls[0] == kill_at and when == "after":
            raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        for method in ("put", "remove"):
            real = getattr(Folder, method)
            patch.setattr(Folder, method, lambda *arguments, real=real: counted(real, *arguments))
        try:
            act(site)
        except KilledError:
            assert kill_at
    return calls[0]


def what_is_kept(site: Site) -> Counter[tuple[Any, ...]]:
    return Counter(
        (one.day, one.target, one.scenario, one.decided_at, one.until, one.lifted_by, one.events) for one in kept(site)
    )


def left(site: Site) -> dict[str, Any]:
    store: Store = site.open()
    return {
        "kept": what_is_kept(site),
        "files": export(site),
        "objects": [name.rsplit(".", 2)[0] for name in store.window.names() if "/decisions/" in name],
        "keys": [len(store.keys.generations(day)) for day in store.open_days()],
        "state": [name for name in store.place("state").names() if "detected" in name],
    }


@pytest.mark.parametrize(
    ("before", "act"),
    [(two_days, detect_all), (decided, erase_mallory), (decided, lift_berit), (decided, close_a_day)],
    ids=["detect", "erase", "lift", "close"],
)
def test_killed_at_any_write_and_done_again_it_is_as_if_nothing_had_happened(
    before: Callable[[Path], Site], act: Act, tmp_path: Path
) -> None:
    origin = before(tmp_path / "origin").folder
    site_of = partial(copy_of, origin)
    whole = site_of("whole")
    others = {one for one in what_is_kept(whole) if one[1] not in (MALLORY, BERIT) and one[0] == DAY}
    writes = act_killed(act, whole, 0, "")
    expected = left(whole)
    assert writes > 3
    for number in range(1, writes + 1):
        for when in ("before", "after"):
            site = site_of("killed")
            act_killed(act, site, number, when)
            assert others <= set(what_is_kept(site)), f"lost in between, {when} write {number}"
            act(site)
            assert left(site) == expected, f"{when} write {number}"


def test_a_ban_by_hand_that_was_killed_is_kept_or_not(tmp_path: Path) -> None:
    origin = two_days(tmp_path / "origin").folder
    whole = copy_of(origin, "whole")
    before = what_is_kept(whole)
    act: Act = partial(ban_by_hand, target="198.51.100.6")
    writes = act_killed(act, whole, 0, "")
    after = what_is_kept(whole)
    for number in range(1, writes + 1):
        for when in ("before", "after"):
            site = copy_of(origin, "killed")
            act_killed(act, site, number, when)
            assert what_is_kept(site) in (before, after)


def test_a_ban_between_a_killed_erasure_and_the_next_is_not_lost(tmp_path: Path) -> None:
    origin = decided(tmp_path / "origin").folder
    writes = act_killed(erase_mallory, copy_of(origin, "whole"), 0, "")
    for number in range(1, writes + 1):
        site = copy_of(origin, "killed")
        act_killed(erase_mallory, site, number, "before")
        one = ban_by_hand(site, "198.51.100.6")
        erase_mallory(site)
        assert one in kept(site)
        assert MALLORY not in {one.target for one in kept(site)}


def copy_of(origin: Path, name: str) -> Site:
    folder = origin.with_name(name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(origin, folder)
    return Site(folder, NOON)
