"""What of a backup may exist again, by any state of affairs: decided from names alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.backups.choosing import Facts, choose
from schemas.receipts import Counts, Fingerprint, Receipt, Sealed

TODAY = date(2026, 11, 20)
DAYS = [TODAY - timedelta(days=number) for number in range(4)]
FINGERPRINT = Fingerprint(head_bytes=0, head="", starts=(), tail="")


def sealed_of(day: date, source: str, generation: int = 1, kind: str = "hits") -> Sealed:
    return Sealed(name=f"{day}/{kind}/www/{source}.{generation}.parquet", digest=f"{day} {source}", rows=1)


def receipt_of(number: int, *objects: Sealed) -> Receipt:
    return Receipt(
        log="www",
        file="f",
        begin=number,
        end=number + 1,
        first_line=1,
        counts=Counts(hits=len(objects)),
        objects=objects,
        layouts=(),
        fingerprint=FINGERPRINT,
        read_on=TODAY,
    )


def facts_of(all_of_them: list[Receipt], others: Mapping[str, str] | None = None, **changes: Any) -> Facts:
    """Everything is there, nothing ended."""
    objects = [sealed for receipt in all_of_them for sealed in receipt.objects]
    names = {f"window/{sealed.name}": sealed.digest for sealed in objects}
    names |= {f"receipts/{receipt.source}.json": "" for receipt in all_of_them}
    facts = Facts(
        names={**names, **(others or {})},
        receipts=all_of_them,
        ended=frozenset(),
        past=frozenset(),
        closed=frozenset(),
        erased={},
        erased_since=frozenset(),
        renewed=frozenset(),
        keys=frozenset(f"{sealed.day}.{sealed.generation}" for sealed in objects),
        knows_files=True,
        today=TODAY,
    )
    return replace(facts, **changes)


RECEIPTS = [
    receipt_of(0, sealed_of(DAYS[1], "f/0-1"), sealed_of(DAYS[0], "f/0-1")),
    receipt_of(1, sealed_of(DAYS[0], "f/1-2")),
]


def test_where_nothing_ended_everything_comes_back() -> None:
    others = {"state/days/2026-10-01.json": "", "audit/2026-11-01.jsonl": "", "visit_log/hits/2026-10-01.parquet": ""}
    facts = facts_of(RECEIPTS, others)
    choice = choose(facts)
    assert (choice.names, choice.given_up) == (facts.names.keys(), {})


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ({"past": frozenset({DAYS[1]})}, "expired"),
        ({"erased": {DAYS[1]: 2}}, "given up"),
        ({"keys": frozenset({f"{DAYS[0]}.1"})}, "given up"),
        ({"lost": frozenset({f"window/{sealed_of(DAYS[1], 'f/0-1').name}"})}, "given up"),
        ({"lost": frozenset({"receipts/www/f/0-1.json"}), "receipts": RECEIPTS[1:]}, "given up"),
    ],
)
def test_a_day_of_which_anything_is_wrong_is_given_up(changes: dict[str, Any], how: str) -> None:
    choice = choose(facts_of(RECEIPTS, **changes))
    assert choice.given_up[DAYS[1]] == how
    assert not [name for name in choice.names if name.startswith(f"window/{DAYS[1]}")]


def test_an_object_that_the_manifest_lacks_or_has_otherwise_gives_its_day_up() -> None:
    facts = facts_of(RECEIPTS)
    name = f"window/{sealed_of(DAYS[1], 'f/0-1').name}"
    for names in ({**facts.names, name: "other"}, {one: "" for one in facts.names if one != name}):
        assert DAYS[1] in choose(replace(facts, names=names)).given_up


def test_what_no_receipt_names_stays_away() -> None:
    garbage = f"window/{sealed_of(DAYS[0], 'x/0-1').name}"
    assert garbage not in choose(facts_of(RECEIPTS, {garbage: ""})).names


def test_decisions_come_back_in_their_newest_generation_and_hold_up_no_day() -> None:
    first, second = (f"window/{DAYS[0]}/decisions/kept.{number}.parquet" for number in (1, 2))
    facts = facts_of(RECEIPTS, {first: "", second: ""})
    keys = facts.keys | {f"{DAYS[0]}.2"}
    found = [
        choose(facts),
        choose(replace(facts, keys=keys)),
        choose(replace(facts, keys=keys, lost=frozenset({second}))),
    ]
    assert [{first, second} & one.names for one in found] == [set(), {second}, set()]
    assert [one.given_up for one in found] == [{}, {}, {}]


def test_a_day_with_nothing_but_bans_by_hand_comes_back() -> None:
    ban = f"window/{DAYS[0]}/decisions/kept.1.parquet"
    assert ban in choose(facts_of([], {ban: ""}, keys=frozenset({f"{DAYS[0]}.1"}))).names


def test_a_lost_receipt_of_a_day_from_which_somebody_was_erased_gives_it_up() -> None:
    """Nobody knows whose lines it counted as erased; read again, they would be back."""
    receipts = [receipt_of(0, sealed_of(DAYS[1], "f/0-1")), receipt_of(1, sealed_of(DAYS[0], "f/1-2", 2))]
    lost = frozenset({"receipts/www/f/0-1.json"})
    assert choose(facts_of(receipts, lost=lost, receipts=receipts[1:])).given_up.keys() == set(DAYS[:2])


@pytest.mark.parametrize("known", [{"erased": {DAYS[1]: 2}}, {"renewed": frozenset({DAYS[1]})}])
def test_a_day_of_erased_people_without_receipts_is_given_up_although_files_are_known(known: dict[str, Any]) -> None:
    """The backup was taken of a store that lost its receipts: nothing says that these lines were read."""
    assert choose(facts_of([], **known)).given_up == {DAYS[1]: "given up"}
    whole = receipt_of(1).model_copy(update={"counts": Counts(erased=1), "last_day": DAYS[1]})
    assert choose(facts_of([whole], **known)).given_up == {}, "all its lines were erased, and a receipt says so"


def test_the_trail_goes_back_as_far_as_nothing_is_missing() -> None:
    files = [f"audit/2026-11-0{number}.jsonl" for number in range(1, 6)]
    for lost, left in (([], files), ([1], files[2:]), ([4], files[:4]), ([1, 4], files[2:4]), (range(5), [])):
        facts = facts_of([], dict.fromkeys(files, ""), lost=frozenset(files[number] for number in lost))
        assert choose(facts).names == set(left)
    assert choose(facts_of([], dict.fromkeys(files, ""), takes_trail=False)).names == set()


DAY = st.sampled_from(DAYS)
SOME_DAYS = st.frozensets(DAY)
SEALED = st.builds(
    sealed_of,
    DAY,
    st.sampled_from(["f/0-1", "f/1-2", "f/2-3"]),
    st.integers(1, 3),
    st.sampled_from(["hits", "errors"]),
)
OTHERS = st.dictionaries(
    st.builds(
        str.format,
        st.sampled_from(
            [
                "state/days/{}.json",
                "state/closing/{}.json",
                "state/imports/{}.json",
                "statistics/days/{}.parquet",
                "visit_log/hits/{}.parquet",
                "audit/{}.jsonl",
                "reports/restores/{}T000000Z.json",
                "exports/blocklist/{}.csv",
                "keys/{}.1",
            ]
        ),
        DAY,
    ),
    st.just(""),
)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    receipts = [receipt_of(number, *draw(st.lists(SEALED, max_size=4))) for number in range(draw(st.integers(0, 3)))]
    facts = facts_of(receipts, draw(OTHERS))
    names = st.frozensets(st.sampled_from(sorted(facts.names))) if facts.names else st.just(frozenset())
    return replace(
        facts,
        ended=draw(names),
        past=draw(SOME_DAYS),
        closed=draw(SOME_DAYS),
        erased=draw(st.dictionaries(DAY, st.integers(2, 3))),
        erased_since=draw(SOME_DAYS),
        renewed=draw(SOME_DAYS),
        keys=facts.keys - draw(st.frozensets(st.sampled_from(sorted(facts.keys)))) if facts.keys else frozenset(),
        knows_files=draw(st.booleans()),
        takes_trail=draw(st.booleans()),
        lost=draw(names),
    )


@given(any_facts())
def test_nothing_that_ended_comes_back_in_any_state_of_affairs(facts: Facts) -> None:
    choice = choose(facts)
    assert choice.names <= facts.names.keys()
    gone = facts.marked | facts.closed | facts.past | choice.given_up.keys()
    for name in choice.names:
        assert name not in facts.lost
        assert not name.startswith(("exports/", "keys/"))
        if name.startswith("window/"):
            day, generation = date.fromisoformat(name.split("/")[1]), name.split(".")[-2]
            assert day not in gone
            assert int(generation) >= facts.erased.get(day, 0)
            assert f"{day}.{generation}" in facts.keys
        elif not name.startswith("audit/"):
            assert name not in facts.ended
    if not facts.knows_files:
        assert not [name for name in choice.names if name.startswith(("receipts/", "state/imports/"))]


@given(any_facts())
def test_a_day_comes_back_whole_or_not_at_all(facts: Facts) -> None:
    choice = choose(facts)
    for day in DAYS:
        due = {f"window/{one.name}" for receipt in facts.receipts for one in receipt.of_day(day)}
        back = {name for name in choice.names if name.startswith(f"window/{day}/hits") or f"{day}/errors" in name}
        assert back in (due, set())
        is_over = day in facts.marked | facts.closed | facts.past
        if due and not back and not is_over and day != facts.today:
            assert day in choice.given_up, "and then its mark says so"


@given(any_facts(), st.data())
def test_what_is_lost_on_the_way_never_brings_more_back(facts: Facts, data: st.DataObject) -> None:
    if facts.names:
        more = data.draw(st.frozensets(st.sampled_from(sorted(facts.names))))
        assert choose(replace(facts, lost=facts.lost | more)).names <= choose(facts).names
