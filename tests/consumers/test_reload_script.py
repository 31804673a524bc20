"""The script takes a list of Lethe's as a whole or not at all, whatever happens amid it, under each shell and awk."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.blocklist.exporting import FORMATS
from plugins.blocklist.formats.servers import write_deny
from tests.consumers.conftest import BERIT, MALLORY, RELOAD, TRUDY, run
from tests.plugins.pages.conftest import decision

SHELLS = ("dash", "bash --posix", "busybox sh")
AWKS = ("mawk", "gawk", "busybox awk")
Bring = Callable[..., tuple[int, str]]


def bans(*targets: str, minutes: int = 60, form: str = "nginx") -> str:
    now = datetime.now(UTC)
    until = now + timedelta(minutes=minutes)
    made = [decision(number, target=target, until=until) for number, target in enumerate(targets)]
    return FORMATS[form].write(made, now - timedelta(hours=2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "export").write_text(bans(MALLORY, TRUDY))
    run(RELOAD, tmp_path / "export", tmp_path / "copy", "true", "true")
    return tmp_path


@pytest.fixture
def bring(folder: Path) -> Bring:
    """Run the script in the folder; status and what it says."""

    def run_it(
        export: str = "export", copy: str = "copy", check: str = "true", reload: str = "true"
    ) -> tuple[int, str]:
        command = [str(RELOAD), export, copy, check, reload]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=30)
        return done.returncode, done.stdout + done.stderr

    return run_it


def banned(folder: Path, copy: str = "copy") -> list[str]:
    lines = (folder / copy).read_text().splitlines()
    return [line.split(";")[0].removeprefix("deny ") for line in lines if line.startswith("deny ")]


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"csv"}))
def test_a_list_that_is_cut_anywhere_is_not_taken(form: str, bring: Bring, folder: Path) -> None:
    full = bans(MALLORY, "203.0.113.17", "2001:db8::/64", form=form)
    (folder / "export").write_text(full)
    assert bring()[0] == 0
    good = (folder / "copy").read_text()
    lines = full.splitlines(keepends=True)
    for part in (*("".join(lines[:number]) for number in range(len(lines))), full[:-9], full.replace(".17", ".1")):
        (folder / "export").write_text(part)
        code, said = bring()
        assert (code, (folder / "copy").read_text()) == (1, good), part
        assert "no whole list of Lethe's" in said


@pytest.mark.parametrize(
    "other", ["", "<html>502</html>\n", "deny all;\n", "# Lethe blocklist: 0 addresses\n", "\0" * 99]
)
def test_what_is_not_lethes_is_not_taken_and_the_bans_of_before_end_in_time(
    other: str, bring: Bring, folder: Path
) -> None:
    over = write_deny([decision(1, target=BERIT, until=datetime.now(UTC))], datetime.now(UTC) - timedelta(hours=1))
    (folder / "copy").write_text((folder / "copy").read_text() + over)
    (folder / "export").write_text(other)
    assert bring()[0] == 1
    assert banned(folder) == [MALLORY, TRUDY]
    (folder / "export").unlink()
    os.mkfifo(folder / "export")
    assert bring()[0] == 1
    (folder / "folder").mkdir()
    assert bring("folder")[0] == 1
    assert banned(folder) == [MALLORY, TRUDY]


@pytest.mark.parametrize("name", ["a=b", "-n", "two words", "line\nbreak", "*", "$(id)", "'", "å", "--"])
def test_a_name_is_only_a_name(name: str, bring: Bring, folder: Path) -> None:
    (folder / name).write_text(bans(BERIT))
    assert bring(name, f"{name}.copy")[0] == 0
    assert banned(folder, f"{name}.copy") == [BERIT]


def test_of_many_runs_at_once_each_takes_the_whole_list_or_says_that_another_is_at_work(
    bring: Bring, folder: Path
) -> None:
    (folder / "export").write_text(bans(*(f"203.0.113.{number}" for number in range(200))))
    (folder / "copy").unlink()
    command = [str(RELOAD), "export", "copy", "sleep 0.1", "echo x >>loaded"]
    runs = [subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) for _ in range(12)]
    said = [one.communicate(timeout=30)[1] for one in runs]
    assert all(one.returncode == 0 or "another run is at work" in text for one, text in zip(runs, said, strict=True))
    assert bring()[0] == 0
    assert len(banned(folder)) == 200
    assert (folder / "loaded").read_text() == "x\n"
    assert sorted(path.name for path in folder.glob("copy*")) == ["copy", "copy.lock"]


def test_a_program_that_a_reload_starts_holds_up_no_later_run(bring: Bring, folder: Path) -> None:
    (folder / "export").write_text(bans(BERIT))
    assert bring(reload="sleep 5 >/dev/null 2>&1 &")[0] == 0
    assert bring()[0] == 0


def test_a_run_that_is_killed_amid_its_check_leaves_no_list_that_was_not_checked(bring: Bring, folder: Path) -> None:
    (folder / "export").write_text(bans(BERIT))
    killed = bring(check="kill -9 $PPID; sleep 0.1")
    assert killed[0] == -9
    assert banned(folder) == [BERIT]
    assert bring(check="! grep -q 198.51.100 copy", reload="touch loaded")[0] == 1
    assert banned(folder) == [MALLORY, TRUDY]


def test_a_list_that_was_not_loaded_is_still_loaded_after_one_that_is_refused(bring: Bring, folder: Path) -> None:
    (folder / "export").write_text(bans(BERIT))
    assert bring(reload="false")[0] == 1
    (folder / "export").write_text(bans(MALLORY))
    assert bring(check="! grep -q 203.0.113 copy", reload="touch loaded")[0] == 1
    assert (banned(folder), (folder / "loaded").exists()) == ([BERIT], True)


def test_the_copy_keeps_its_mode_and_its_link_and_a_new_one_is_not_for_everybody(bring: Bring, folder: Path) -> None:
    (folder / "copy").chmod(0o604)
    (folder / "link").symlink_to("copy")
    (folder / "export").write_text(bans(BERIT))
    assert bring(copy="link")[0] == 0
    assert (banned(folder), (folder / "copy").stat().st_mode & 0o777) == ([BERIT], 0o604)
    assert (folder / "link").is_symlink()
    assert bring(copy="new")[0] == 0
    assert (folder / "new").stat().st_mode & 0o007 == 0
    (folder / "folder").mkdir()
    assert "is no file" in bring(copy="folder")[1]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("awk", AWKS)
def test_every_shell_and_awk_ends_the_same_bans(shell: str, awk: str, folder: Path) -> None:
    found = [shutil.which(one.split()[0]) for one in (shell, awk)]
    if None in found:
        pytest.skip(f"needs {shell} and {awk} of Debian")
    (folder / "awk").write_text(f'#!/bin/sh\nexec {awk} "$@"\n')
    (folder / "awk").chmod(0o755)
    now = datetime.now(UTC)
    ends = {MALLORY: -1, TRUDY: 1, BERIT: 60}
    made = [
        decision(number, target=one, until=now + timedelta(minutes=end))
        for number, (one, end) in enumerate(ends.items())
    ]
    (folder / "export").write_text(write_deny(made, now - timedelta(hours=1)))
    env = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"}
    command = [*shell.split(), str(RELOAD), "export", "copy", "true", "true"]
    subprocess.run(command, cwd=folder, env=env, check=True, timeout=30)
    assert sorted(banned(folder)) == sorted([TRUDY, BERIT])


@pytest.mark.parametrize("arguments", [(), ("a",), ("a", "b", "c", "d", "e")])
def test_a_wrong_call_says_how_it_is_called(arguments: tuple[str, ...]) -> None:
    assert "usage: lethe-reload-blocklist.sh EXPORT COPY CHECK RELOAD" in run(RELOAD, *arguments, status=2)
