"""A proof that is killed at any of its writes is gone on with by the next one, and leaves no canary behind."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.forgetting import proving
from plugins.forgetting.proving import prove
from plugins.forgetting.traces import Outside
from plugins.store.door import Folder
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)


def site_of(folder: Path) -> Site:
    site = Site(folder / "site", NOON)
    site.write("access.log", hit(NOON - timedelta(hours=1)))
    site.ingest()
    (folder / "tmp").mkdir()
    return site


def prove_in(site: Site, folder: Path) -> Any:
    return prove(site.open(), "operations", silent, Outside(temporary=(folder / "tmp",)))


def count_or_kill(monkeypatch: pytest.MonkeyPatch, kill_at: int = 0) -> list[int]:
    """Count the writes; SIGKILL this process before number `kill_at`."""
    calls = [0]

    def counted(real: Callable[..., None]) -> Callable[..., None]:
        def call(self: Folder, *arguments: Any) -> None:
            calls[0] += 1
            if calls[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            real(self, *arguments)

        return call

    monkeypatch.setattr(Folder, "put", counted(Folder.put))
    monkeypatch.setattr(Folder, "remove", counted(Folder.remove))
    return calls


def test_killed_before_any_write_the_next_proof_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving.tempfile, "tempdir", str(tmp_path / "whole" / "tmp"))
    (tmp_path / "whole").mkdir()
    site = site_of(tmp_path / "whole")
    with monkeypatch.context() as patched:
        calls = count_or_kill(patched)
        assert prove_in(site, tmp_path / "whole").is_valid
    assert calls[0] > 10
    for number in range(1, calls[0] + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.setattr(proving.tempfile, "tempdir", str(folder / "tmp"))
        site = site_of(folder)
        child = os.fork()
        if not child:
            count_or_kill(monkeypatch, number)
            prove_in(site, folder)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        report = prove_in(site, folder)
        assert report.is_valid, (number, report.problems)
        assert {check.result for check in report.checks} == {"kept", "unknown"}, number
        assert list((folder / "tmp").iterdir()) == []
        assert site.ingest().lines.total() == 0
        assert prove_in(site, folder).is_valid, "what the killed one left half was swept by the ingest"
