"""A day opens with its own key, in two places, until its deadline; shredded, it opens for nobody ever again."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from plugins.keys.day_keys import BYTES, DayKeys, KeyProblemError, process_only_key
from plugins.steps.closing import close_due
from plugins.steps.days import day_receipts, load_day
from plugins.store.calendar import ClosedDayError
from plugins.store.door import TEMPORARY, Folder
from plugins.store.window import DamagedError
from schemas.receipts import Mark
from schemas.refusals import RefusedError
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAY = date(2026, 11, 20)
NAME = f"{DAY}.1"
ANOTHER = bytes(range(BYTES))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two open days, each with a key."""
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON - timedelta(days=1)), hit(NOON))
    site.ingest()
    return site


@pytest.fixture
def sides(site: Site) -> tuple[Folder, Folder]:
    return Folder(site.folder / "keys"), Folder(site.folder / "keys-mirror")


@pytest.fixture
def keys(sides: tuple[Folder, Folder]) -> DayKeys:
    """Keys of days that are all open."""
    return DayKeys(*sides, admit=lambda _: None)


def read_the_day(site: Site) -> int:
    """How many hits of the day open."""
    store = site.open()
    day = load_day(store.window, DAY, day_receipts(store, DAY), lambda generation: store.keys.get(DAY, generation))
    return len(day.hits["path"])


def refused(act: Callable[[], object], kind: type[RefusedError]) -> str:
    """The sentence of a refusal, which holds no secret."""
    with pytest.raises(kind) as caught:
        act()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert ANOTHER.hex() not in sentence
    assert "\\x" not in sentence
    return sentence


def test_both_sides_hold_the_same_secret_for_their_owner_only(site: Site, sides: tuple[Folder, Folder]) -> None:
    main, mirror = sides
    assert list(main.names()) == list(mirror.names()) == ["2026-11-19.1", NAME, "store"]
    contents = [main.get(name) for name in main.names()]
    assert contents == [mirror.get(name) for name in mirror.names()]
    assert len(set(contents)) == 3
    assert {len(content) for content in contents} == {BYTES}
    for side in sides:
        assert {path.stat().st_mode & 0o777 for path in side.root.iterdir()} == {0o600}
        assert side.root.stat().st_mode & 0o777 == 0o700


def test_a_secret_is_never_shown(site: Site) -> None:
    key = site.open().keys.get(DAY, "1")
    assert "secret" not in repr(key)
    assert str(key.secret) not in repr(key)
    assert process_only_key(DAY).secret != process_only_key(DAY).secret


def test_another_key_on_both_sides_opens_nothing(site: Site, sides: tuple[Folder, Folder]) -> None:
    for side in sides:
        side.put(NAME, ANOTHER)
    sentence = refused(lambda: read_the_day(site), DamagedError)
    assert str(DAY) in sentence
    assert "bring back" in sentence


def test_the_keys_of_two_days_do_not_open_each_other(site: Site, sides: tuple[Folder, Folder]) -> None:
    for side in sides:
        one, other = side.get(NAME), side.get("2026-11-19.1")
        side.put(NAME, other)
        side.put("2026-11-19.1", one)
    assert str(DAY) in refused(lambda: read_the_day(site), DamagedError)


@pytest.mark.parametrize("lost", [0, 1])
def test_what_one_side_lost_comes_back_from_the_other(lost: int, site: Site, sides: tuple[Folder, Folder]) -> None:
    sides[lost].remove(NAME)
    assert read_the_day(site) == 1
    assert sides[0].get(NAME) == sides[1].get(NAME)


def test_a_key_that_is_lost_on_both_sides_is_named(site: Site, sides: tuple[Folder, Folder]) -> None:
    for side in sides:
        side.remove(NAME)
    sentence = refused(lambda: read_the_day(site), KeyProblemError)
    assert NAME in sentence
    assert "put it back" in sentence
    assert f"--give-up {DAY}" in sentence


def test_a_lost_key_is_not_replaced_by_another_of_its_name(site: Site, sides: tuple[Folder, Folder]) -> None:
    """Whoever puts it back later would find another one there."""
    for side in sides:
        side.remove(NAME)
    site.write("access.log", hit(NOON, path="/more"))
    site.ingest()
    assert not any(name == NAME for side in sides for name in side.names())


@pytest.mark.parametrize("main", [b"", b"short", ANOTHER, None, ANOTHER + b"\n"])
@pytest.mark.parametrize("is_mirrored", [True, False])
def test_a_key_that_is_cut_short_or_differs_is_refused_and_left(
    main: bytes | None, is_mirrored: bool, site: Site, sides: tuple[Folder, Folder]
) -> None:
    """Nobody but a person can say which of two is the good one."""
    if main is not None:
        sides[0].put(NAME, main)
    else:
        sides[0].remove(NAME)
        sides[1].put(NAME, b"cut")
    if not is_mirrored and main is not None and len(main) != BYTES:
        sides[1].remove(NAME)
    before = [sorted((name, side.get(name)) for name in side.names()) for side in sides]
    sentence = refused(lambda: read_the_day(site), KeyProblemError)
    assert NAME in sentence
    assert "keep the good one" in sentence
    assert before == [sorted((name, side.get(name)) for name in side.names()) for side in sides]


def test_past_the_deadline_a_key_is_refused_though_it_is_there(site: Site, sides: tuple[Folder, Folder]) -> None:
    site.now = utc(2026, 11, 26, 22, 59)
    assert read_the_day(site) == 1
    site.now = utc(2026, 11, 26, 23)  # midnight in Oslo, seven days after the day began
    store = site.open()
    for act in (
        lambda: read_the_day(site),
        lambda: store.keys.current(DAY),
        lambda: store.keys.renew(DAY),
        lambda: store.keys.get(DAY, "1"),
    ):
        sentence = refused(act, ClosedDayError)
        assert str(DAY) in sentence
        assert "close it" in sentence
    assert len(sides[0].get(NAME)) == BYTES


@pytest.mark.parametrize("state", ["closing", "closed"])
def test_a_day_that_is_closed_gets_no_key(state: str, site: Site, sides: tuple[Folder, Folder]) -> None:
    store = site.open()
    day = NOON.date() + timedelta(days=1)
    store.marks.put(Mark.model_validate({"day": day, "state": state, "how": "given up", "lines": 0, "since": NOON}))
    for act in (lambda: store.keys.current(day), lambda: store.keys.renew(day)):
        assert str(day) in refused(act, ClosedDayError)
    assert not any(str(day) in name for side in sides for name in side.names())


def test_a_key_that_a_killed_shredding_left_on_one_side_never_comes_back(
    site: Site, sides: tuple[Folder, Folder]
) -> None:
    store = site.open()
    store.marks.put(Mark(day=DAY, state="closing", how="given up", lines=0, since=NOON))
    sides[0].remove(NAME)
    for act in (lambda: read_the_day(site), lambda: store.keys.get(DAY, "1"), lambda: store.keys.current(DAY)):
        refused(act, ClosedDayError)
    assert NAME not in list(sides[0].names())
    assert [mark.day for mark in site.close()] == [DAY]
    assert store.keys.days() == {date(2026, 11, 19)}


def test_a_close_is_done_only_when_the_mirror_has_forgotten_too(
    site: Site, sides: tuple[Folder, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.now = utc(2026, 11, 26, 22, 30)
    site.write("access.log", "")
    whole = Folder.remove

    def remove(place: Folder, name: str) -> None:
        if place.root == sides[1].root and name == NAME:
            raise PermissionError(13, "Permission denied", f"{place.where}/{name}")
        whole(place, name)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "remove", remove)
        marks, problems = close_due(site.open(), "operations", silent)
    assert [str(mark.day) for mark in marks] == ["2026-11-19"], "its key is no other day's trouble"
    assert len(problems) == 1
    assert f"{DAY} is not closed" in problems[0]
    assert "Permission denied" in problems[0]
    store = site.open()
    assert store.marks.days("closing") == [DAY]
    assert store.keys.generations(DAY) == ["1"]
    refused(lambda: store.keys.get(DAY, "1"), ClosedDayError)
    assert [mark.day for mark in site.close()] == [DAY]
    assert store.keys.days() == set()


def test_a_removal_that_removes_nothing_is_no_shredding(
    keys: DayKeys, sides: tuple[Folder, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sides[1], "remove", lambda name: None)
    sentence = refused(lambda: keys.shred(DAY), KeyProblemError)
    assert str(DAY) in sentence
    assert sides[1].where in sentence


def test_a_further_generation_takes_over_and_the_first_goes_alone(keys: DayKeys) -> None:
    first, second = keys.get(DAY, "1"), keys.renew(DAY)
    assert second.generation == "2"
    assert second.secret != first.secret
    assert keys.current(DAY) == second
    keys.shred(DAY, ["1"])
    assert keys.generations(DAY) == ["2"]
    assert keys.current(DAY) == second
    for _ in range(9):
        newest = keys.renew(DAY)
    assert keys.current(DAY) == newest
    assert newest.generation == "11"


def test_copies_that_somebody_set_aside_are_shredded_too(keys: DayKeys, sides: tuple[Folder, Folder]) -> None:
    """Who sorts out a damaged key makes copies; they open the day as well as the key does."""
    for name in (f"{NAME}.bak", f"{DAY}-copy"):
        sides[0].put(name, sides[0].get(NAME))
    assert keys.generations(DAY) == ["1"]
    keys.renew(DAY)
    assert keys.days() == {DAY, date(2026, 11, 19)}
    keys.shred(DAY, ["1"])
    assert [name for name in sides[0].names() if name.startswith(str(DAY))] == [f"{DAY}-copy", f"{DAY}.2"]
    keys.shred(DAY)
    assert not [name for side in sides for name in side.names() if name.startswith(str(DAY))]


def test_a_copy_that_cannot_be_removed_keeps_the_day_from_being_closed(
    keys: DayKeys, sides: tuple[Folder, Folder]
) -> None:
    (sides[1].root / f"{NAME}~").write_bytes(ANOTHER)
    assert f"remove them by hand: {NAME}~" in refused(lambda: keys.shred(DAY), KeyProblemError)
    assert keys.generations(DAY) == [], "the keys themselves are gone"


def test_half_a_key_that_a_killed_run_left_is_shredded_too(keys: DayKeys, sides: tuple[Folder, Folder]) -> None:
    """The mirror had it already; in the main place it was not yet renamed."""
    left = sides[0].root / f"{TEMPORARY}0123456789abcdef-{NAME}"
    (sides[0].root / NAME).rename(left)
    keys.shred(DAY)
    assert not left.exists()


def test_files_that_are_no_keys_are_left_alone(keys: DayKeys, sides: tuple[Folder, Folder]) -> None:
    sides[0].put("README", b"")
    sides[1].put("lost_found/x", b"")
    assert keys.days() == {DAY, date(2026, 11, 19)}
    keys.shred(DAY)
    assert keys.days() == {date(2026, 11, 19)}


def test_the_stores_own_key_is_not_made_anew_where_something_was_hashed_with_it(
    site: Site, sides: tuple[Folder, Folder]
) -> None:
    for side in sides:
        side.remove("store")
    site.write("access.log", hit(NOON, path="/more"))
    sentence = refused(site.ingest, KeyProblemError)
    assert "put the file “store” back" in sentence
    assert list(sides[0].names()) == list(sides[1].names()) == ["2026-11-19.1", NAME]


def test_a_key_of_yesterday_is_no_key_of_today(site: Site) -> None:
    store = site.open()
    assert store.keys.get(DAY, "1").secret != store.keys.get(date(2026, 11, 19), "1").secret
    assert store.keys.generations(date(2026, 11, 2)) == []


def test_a_day_without_a_key_gets_one_on_both_sides(keys: DayKeys, sides: tuple[Folder, Folder]) -> None:
    day = date(2026, 11, 21)
    made = keys.current(day)
    assert keys.current(day) == made
    assert [side.get(f"{day}.1") for side in sides] == [made.secret] * 2


def test_a_place_that_is_lost_while_a_key_is_made_loses_none(
    keys: DayKeys, sides: tuple[Folder, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror has it first; the next run copies it."""
    day = date(2026, 11, 21)

    def fail(name: str, content: bytes) -> None:
        raise OSError(28, "No space left on device", name)

    with monkeypatch.context() as patch:
        patch.setattr(sides[0], "put", fail)
        with pytest.raises(OSError, match="No space left"):
            keys.current(day)
    assert keys.current(day).secret == sides[1].get(f"{day}.1") == sides[0].get(f"{day}.1")
