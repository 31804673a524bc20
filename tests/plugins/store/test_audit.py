"""No change of the audit trail goes unseen, no crash breaks it, and no visitor ever gets into it."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from plugins.cli.audit import verify_audit
from plugins.store.audit import Audit, TamperedError, Verified
from plugins.store.audit_facts import NAME_BYTES, refuse_personal
from plugins.store.door import Folder
from plugins.store.locks import Locks
from plugins.store.store import open_store
from schemas.refusals import RefusedError

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = [date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3)]


def open_audit(root: Path) -> Audit:
    return Audit(Folder(root / "trail"), Folder(root / "backups"), Locks(root / "locks").held)


def file_of(root: Path, day: date) -> Path:
    return root / "trail" / f"{day}.jsonl"


def root_of(root: Path, day: date) -> Path:
    return root / "backups" / "audit" / f"{day}.json"


def entries_of(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted((root / "trail").iterdir()) for line in file.read_bytes().splitlines()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three days of four entries."""
    audit = open_audit(tmp_path)
    for number in range(12):
        at = NOON + timedelta(days=number // 4, minutes=number)
        audit.append(at, "scheduler", "close day", once=f"close {number}", lines=number, tables=["days", "pages"])
    return tmp_path


def test_an_entry_says_when_who_and_what_and_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    audit = open_audit(tmp_path)
    audit.append(NOON, "scheduler", "close", once="close 2026-06-24", day="2026-06-24", lines=7)
    audit.append(NOON, "operations", "ban")
    first, second = entries_of(tmp_path)
    assert first == {
        "number": 1,
        "at": "2026-07-01T12:00:00+00:00",
        "actor": "scheduler",
        "action": "close",
        "handle": "close 2026-06-24",
        "facts": {"day": "2026-06-24", "lines": 7},
        "previous": "0" * 64,
    }
    assert (second["number"], second["handle"], second["facts"]) == (2, None, {})
    assert json.loads(root_of(tmp_path, DAYS[0]).read_bytes()).keys() == {"day", "entries", "hash"}


def test_the_chain_runs_over_all_days(root: Path) -> None:
    assert open_audit(root).verify() == Verified(entries=12, days=3, first=DAYS[0], last=DAYS[2])
    assert [entry["number"] for entry in entries_of(root)] == list(range(1, 13))
    assert json.loads(root_of(root, DAYS[1]).read_bytes())["entries"] == 8


def test_a_trail_without_entries_verifies(tmp_path: Path) -> None:
    assert open_audit(tmp_path).verify() == Verified(0, 0, None, None)


def test_the_day_is_that_of_utc(tmp_path: Path) -> None:
    open_audit(tmp_path).append(datetime.fromisoformat("2026-07-02T01:30:00+02:00"), "scheduler", "close")
    assert file_of(tmp_path, DAYS[0]).exists()
    with pytest.raises(RefusedError, match="zone"):
        open_audit(tmp_path).append(NOON.replace(tzinfo=None), "scheduler", "close")


def test_an_entry_goes_behind_the_last_one_though_the_clock_went_back(root: Path) -> None:
    open_audit(root).append(NOON - timedelta(days=40), "scheduler", "close")
    assert open_audit(root).verify() == Verified(13, 3, DAYS[0], DAYS[2])


def change_line(file: Path, line: int, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[: line - 1] + change(lines[line - 1 : line]) + lines[line:]))


def forge(lines: list[bytes]) -> list[bytes]:
    """The line, and another that says it is the next."""
    entry = json.loads(lines[0])
    return [*lines, json.dumps(entry | {"number": entry["number"] + 1}).encode() + b"\n"]


def change(line: bytes) -> bytes:
    return line.replace(b'"lines":', b'"lines":1')


TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed line": (
        lambda root: change_line(file_of(root, DAYS[1]), 2, lambda lines: [change(lines[0])]),
        "2026-07-02.jsonl, line 2: was changed",
    ),
    "changed first line": (
        lambda root: change_line(file_of(root, DAYS[0]), 1, lambda lines: [change(lines[0])]),
        "2026-07-01.jsonl, line 1: was changed",
    ),
    "changed last line of a day": (
        lambda root: change_line(file_of(root, DAYS[0]), 4, lambda lines: [change(lines[0])]),
        "2026-07-01.jsonl, line 4: was changed",
    ),
    "changed last line": (
        lambda root: change_line(file_of(root, DAYS[2]), 4, lambda lines: [change(lines[0])]),
        "2026-07-03.jsonl, line 4: was changed",
    ),
    "removed line": (
        lambda root: change_line(file_of(root, DAYS[1]), 2, lambda _: []),
        "2026-07-02.jsonl, line 1: .* entries 6 to 6 are missing behind it",
    ),
    "removed last line of a day": (
        lambda root: change_line(file_of(root, DAYS[1]), 4, lambda _: []),
        "2026-07-02.jsonl, line 3: .* entries 8 to 8 are missing behind it",
    ),
    "removed first line": (
        lambda root: change_line(file_of(root, DAYS[1]), 1, lambda _: []),
        "2026-07-01.jsonl, line 4: .* entries 5 to 5 are missing behind it",
    ),
    "doubled line": (
        lambda root: change_line(file_of(root, DAYS[1]), 2, lambda lines: lines * 2),
        "2026-07-02.jsonl, line 2: .* inserted, where entry 5 is due",
    ),
    "inserted line": (
        lambda root: change_line(file_of(root, DAYS[1]), 2, forge),
        "2026-07-02.jsonl, line 3: .* inserted, where entry 6 is due",
    ),
    "swapped lines": (
        lambda root: file_of(root, DAYS[1]).write_bytes(
            b"".join(reversed(file_of(root, DAYS[1]).read_bytes().splitlines(keepends=True)))
        ),
        "2026-07-02.jsonl, line 4",
    ),
    "truncated end": (
        lambda root: change_line(file_of(root, DAYS[2]), 4, lambda _: []),
        "2026-07-03.jsonl, line 3: .* entries 12 to 12 are missing behind it",
    ),
    "cut in a line": (
        lambda root: os.truncate(file_of(root, DAYS[2]), file_of(root, DAYS[2]).stat().st_size - 9),
        "2026-07-03.jsonl, line 4: is cut off",
    ),
    "emptied file": (lambda root: file_of(root, DAYS[1]).write_bytes(b""), "2026-07-02.jsonl, line 1: is cut off"),
    "not JSON": (
        lambda root: change_line(file_of(root, DAYS[1]), 3, lambda _: [b"{}}\n"]),
        "2026-07-02.jsonl, line 3: is no entry in JSON",
    ),
    "JSON, but no entry": (
        lambda root: change_line(file_of(root, DAYS[1]), 3, lambda _: [b'{"number": 1e999}\n']),
        "2026-07-02.jsonl, line 3: is no entry in JSON",
    ),
    "empty line at the end": (
        lambda root: change_line(file_of(root, DAYS[2]), 5, lambda _: [b"\n"]),
        "2026-07-03.jsonl, line 5: is no entry in JSON",
    ),
    "two entries written by hand": (
        lambda root: change_line(file_of(root, DAYS[2]), 4, lambda lines: forge(lines) + forge(lines)[1:]),
        "2026-07-03.jsonl, line 6: .* inserted, where entry 12 is due",
    ),
    "removed file in the middle": (lambda root: file_of(root, DAYS[1]).unlink(), "2026-07-02.jsonl: is missing"),
    "removed file and root in the middle": (
        lambda root: (file_of(root, DAYS[1]).unlink(), root_of(root, DAYS[1]).unlink()),
        "2026-07-01.jsonl, line 4: .* entries 5 to 8 are missing",
    ),
    "removed newest file": (lambda root: file_of(root, DAYS[2]).unlink(), "2026-07-03.jsonl: is missing"),
    "removed all files": (
        lambda root: [file_of(root, day).unlink() for day in DAYS],
        "2026-07-01.jsonl: is missing",
    ),
    "renamed file": (
        lambda root: file_of(root, DAYS[2]).rename(file_of(root, DAYS[2] + timedelta(1))),
        "2026-07-03.jsonl: is missing",
    ),
    "root of another entry": (
        lambda root: root_of(root, DAYS[1]).write_bytes(
            root_of(root, DAYS[1]).read_bytes().replace(b'"entries": 8', b'"entries": 7')
        ),
        "audit/2026-07-02.json in .*backups: does not agree",
    ),
    "older root": (
        lambda root: root_of(root, DAYS[2]).write_bytes(
            root_of(root, DAYS[1]).read_bytes().replace(b"2026-07-02", b"2026-07-03")
        ),
        "2026-07-03.jsonl, line 4: .* where entry 8 is due",
    ),
    "root that is none": (
        lambda root: root_of(root, DAYS[2]).write_bytes(b'{"day": "2026-07-03"}'),
        "audit/2026-07-03.json in .*backups: is damaged",
    ),
    "removed root": (lambda root: root_of(root, DAYS[1]).unlink(), "audit/2026-07-02.json in .*backups: is missing"),
    "removed newest root": (lambda root: root_of(root, DAYS[2]).unlink(), "2026-07-03.jsonl, line 4"),
    "removed all roots": (
        lambda root: [root_of(root, day).unlink() for day in DAYS],
        "2026-07-03.jsonl, line 4: has no root in .*backups",
    ),
}


@pytest.mark.parametrize(("tamper", "message"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_and_named(tamper: Callable[[Path], object], message: str, root: Path) -> None:
    tamper(root)
    with pytest.raises(TamperedError, match=message):
        open_audit(root).verify()


@pytest.mark.parametrize("name", ["truncated end", "removed newest file", "changed last line", "removed all roots"])
def test_nothing_is_written_behind_an_end_that_was_tampered_with(name: str, root: Path) -> None:
    """The root would be overwritten, and the proof lost."""
    TAMPERINGS[name][0](root)
    before = {path: path.read_bytes() for path in root.rglob("*.json*")}
    with pytest.raises(TamperedError):
        open_audit(root).append(NOON + timedelta(days=9), "scheduler", "close")
    with pytest.raises(TamperedError):
        open_audit(root).expire(date(2030, 1, 1))
    assert {path: path.read_bytes() for path in root.rglob("*.json*")} == before


def test_a_trail_written_anew_does_not_agree_with_the_roots(root: Path) -> None:
    forged = Audit(Folder(root / "trail"), Folder(root / "elsewhere"), lambda _: nullcontext())
    for file in (root / "trail").iterdir():
        file.unlink()
    for number in range(12):
        forged.append(NOON + timedelta(days=number // 4), "scheduler", "close day", lines=number + 1)
    forged.verify()
    with pytest.raises(TamperedError, match=r"2026-07-03\.jsonl, line 4: was changed"):
        open_audit(root).verify()


def test_old_files_expire_with_their_roots_and_the_newest_never(root: Path) -> None:
    audit = open_audit(root)
    audit.expire(DAYS[1])
    assert audit.verify() == Verified(8, 2, DAYS[1], DAYS[2])
    assert not root_of(root, DAYS[0]).exists()
    audit.expire(date(2030, 1, 1))
    assert audit.verify() == Verified(4, 1, DAYS[2], DAYS[2])
    audit.append(NOON + timedelta(days=9), "scheduler", "close")
    assert entries_of(root)[-1]["number"] == 13
    assert audit.verify().entries == 5


def test_the_root_of_an_expired_file_still_binds_what_follows_it(root: Path) -> None:
    file_of(root, DAYS[0]).unlink()
    assert open_audit(root).verify().entries == 8
    content = root_of(root, DAYS[0]).read_bytes()
    root_of(root, DAYS[0]).write_bytes(content.replace(b'"entries": 4', b'"entries": 3'))
    with pytest.raises(TamperedError, match=r"2026-07-01\.json in .*: does not agree"):
        open_audit(root).verify()


def test_an_expiry_that_was_killed_is_finished_by_the_next(root: Path) -> None:
    file_of(root, DAYS[0]).unlink()
    open_audit(root).expire(DAYS[1])
    assert not root_of(root, DAYS[0]).exists()


def test_a_handle_is_written_once_on_whatever_day_it_comes_again(root: Path) -> None:
    for days in (0, 5):
        open_audit(root).append(NOON + timedelta(days=days), "scheduler", "close day", once="close 3")
    assert open_audit(root).verify().entries == 12


class Unreachable(Folder):
    """A place that answers no `put`."""

    def put(self, name: str, content: bytes) -> None:
        raise ConnectionError("no answer")


@pytest.mark.parametrize("again_after", [timedelta(), timedelta(days=1)])
def test_a_root_that_could_not_be_written_is_written_by_the_next_append(again_after: timedelta, root: Path) -> None:
    at = NOON + timedelta(days=3)
    failing = Audit(Folder(root / "trail"), Unreachable(root / "backups"), Locks(root / "locks").held)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            failing.append(at, "scheduler", "close day", once="close 99")
    audit = open_audit(root)
    assert audit.verify().entries == 13
    audit.append(at + again_after, "scheduler", "close day", once="close 99")
    assert audit.verify().entries == 13
    assert json.loads(root_of(root, at.date()).read_bytes())["entries"] == 13


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from plugins.cli.audit import verify_audit
from plugins.store.audit import Audit
from plugins.store.door import Folder
from plugins.store.locks import Locks
from plugins.store.store import open_store
root, calls, after = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "after"
class Killing(Folder):
    def put(self, name, content):
        global calls
        calls -= 1
        if calls == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        super().put(name, content)
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
audit = Audit(Killing(root / "trail"), Killing(root / "backups"), Locks(root / "locks").held)
audit.append(datetime.fromisoformat(sys.argv[4]), "scheduler", "close day", once="close 99")
"""


@pytest.mark.parametrize("days", [2, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2])
def test_a_kill_at_any_write_and_the_run_after_it_leave_one_entry(
    call: int, moment: str, days: int, root: Path
) -> None:
    at = NOON + timedelta(days=days)
    arguments = [sys.executable, "-c", KILLED, str(root), str(call), moment, at.isoformat()]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    open_audit(root).verify()
    open_audit(root).append(at + timedelta(hours=1), "scheduler", "close day", once="close 99")
    assert open_audit(root).verify().entries == 13
    assert [entry["handle"] for entry in entries_of(root)].count("close 99") == 1
    assert json.loads(root_of(root, at.date()).read_bytes())["entries"] == 13


def append_many(root: Path, actor: str) -> None:
    for number in range(25):
        open_audit(root).append(NOON, actor, "ban", once=f"{actor} {number}", number=number)


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=append_many, args=(tmp_path, actor)) for actor in ("security", "scheduler")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert open_audit(tmp_path).verify().entries == 50
    assert len({entry["handle"] for entry in entries_of(tmp_path)}) == 50


PERSONAL = [
    "192.0.2.7",
    "192.0.2.0/24",
    "banned 192.0.2.7 twice",
    "２０３.0.113.5",
    "host-192-0-2-7.example.net",
    "2001:db8::1",
    "[2001:db8::1]:443",
    "kari@example.org",
    "https://www.example.org/page",
    "//www.example.org/page",
    "/search?q=kari",
    "a%20b",
    "a\nb",
    '"GET / HTTP/1.1"',
    "a" * 201,
]


@pytest.mark.parametrize("text", PERSONAL)
def test_nothing_personal_gets_into_the_trail_or_the_refusal(text: str, tmp_path: Path) -> None:
    audit = open_audit(tmp_path)
    for act in (
        lambda: audit.append(NOON, "scheduler", "close", reason=text),
        lambda: audit.append(NOON, "scheduler", "close", reasons=["good", text]),
        lambda: audit.append(NOON, "scheduler", "close", once=text),
        lambda: audit.append(NOON, "scheduler", "close", once="good", handle=text),
        lambda: audit.append(NOON, "scheduler", text),
        lambda: audit.append(NOON, text, "close"),
    ):
        with pytest.raises(RefusedError, match="not fit for the audit trail") as refusal:
            act()
        assert text not in str(refusal.value)
    assert not list(audit.place.names())


def test_a_count_under_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="word of the code"):
        open_audit(tmp_path).append(NOON, "scheduler", "ban", **{"192.0.2.7": 3})


@pytest.mark.parametrize(
    "text",
    [
        "close 2026-11-20",
        "2026-11-20T10:00:00+00:00",
        "www/3f9a/0-4096",
        "sak 2026/17 på nytt",
        "f" * 64,
        "",
        "10:00:00",
    ],
)
def test_days_handles_and_plain_words_are_facts(text: str, tmp_path: Path) -> None:
    open_audit(tmp_path).append(NOON, "operations", "close", once=text, what=text)
    assert open_audit(tmp_path).verify().entries == 1


WORDS = st.text(st.sampled_from("abcø 123-"), max_size=8).filter(lambda text: text.count("-") < 3)
APPENDS = st.lists(st.tuples(st.integers(-3, 3), WORDS, st.none() | WORDS), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(APPENDS, st.data())
def test_any_sequence_of_appends_verifies_and_no_byte_can_be_changed(
    appends: list[tuple[int, str, str | None]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        audit, at = Audit(Folder(root / "trail"), Folder(root / "backups"), lambda _: nullcontext()), NOON
        for days, word, once in appends:
            at += timedelta(days=days)
            audit.append(at, "scheduler", "close", once=once, word=word)
        handles = [once for _, _, once in appends]
        repeated = len(handles) - handles.count(None) - len({*handles} - {None})
        assert audit.verify().entries == len(appends) - repeated
        path = data.draw(st.sampled_from(sorted(root.rglob("*.json*"))))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(TamperedError):
            audit.verify()


def test_no_byte_of_any_file_can_be_changed(root: Path) -> None:
    audit = open_audit(root)
    for path in sorted(root.rglob("*.json*")):
        content = path.read_bytes()
        for index in range(len(content)):
            changed = bytearray(content)
            changed[index] ^= 1 << index % 8
            path.write_bytes(changed)
            with pytest.raises(TamperedError):
                audit.verify()
        path.write_bytes(content)
    audit.verify()


def test_verify_audit_says_what_it_found_or_what_is_wrong(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text((Path(__file__).parents[3] / "policy.toml").read_text(encoding="utf-8"), encoding="utf-8")
    command = typer.Typer()
    command.command()(verify_audit)
    arguments = ["--policy", str(policy)]
    assert CliRunner().invoke(command, arguments).output == "no entries yet\n"
    audit = open_store(policy).audit
    audit.append(NOON, "scheduler", "close")
    audit.append(NOON + timedelta(days=1), "scheduler", "close")
    found = CliRunner().invoke(command, arguments)
    assert found.output == "2 entries in 2 files, from 2026-07-01 to 2026-07-02: as written\n"
    audit.place.remove("2026-07-02.jsonl")
    found = CliRunner().invoke(command, arguments)
    assert found.exit_code == 1
    assert isinstance(found.exception, TamperedError)


@settings(max_examples=3000)
@given(st.lists(st.sampled_from("0123456789" * 4 + "abcdef"), min_size=2 * NAME_BYTES, max_size=2 * NAME_BYTES))
def test_no_random_name_is_ever_taken_for_a_persons_number(digits: list[str]) -> None:
    """A shorter one was, once in five thousand times, and whoever waited for its entry waited for ever."""
    refuse_personal([("handle", f"restore {''.join(digits)}")])


def test_a_shorter_name_may_be_taken_for_one() -> None:
    with pytest.raises(RefusedError):
        refuse_personal([("handle", "restore f8edd91107053110")])
