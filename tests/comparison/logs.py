"""The two logs that are compared: a real public one, and our own traffic."""

import gzip
from datetime import date
from pathlib import Path

from plugins.policy_file import read_policy
from schemas.policy import load_policy
from tests.comparison.hits import Log, read
from tests.data import data_path
from tests.traffic import write_folder

PUBLIC, MADE = "public log", "made-up traffic"
POLICY = '[site]\nname = "www.example.org"\ntimezone = "UTC"\n[statistics]\nsmallest_group = 1\n'


def read_public(folder: Path) -> Log:
    """Ten thousand lines of a website, four days of 2015; needs LETHE_DATA."""
    path = folder / "public.log"
    path.write_bytes(gzip.decompress(data_path("access", "elastic_apache_logs.log.gz").read_bytes()))
    return read(path, load_policy(POLICY), "combined")


def read_made(folder: Path) -> Log:
    """Three days around the end of summer time, of two virtual hosts, with attackers, robots and broken lines."""
    truth = write_folder(folder, seed=1, start=date(2025, 10, 25))
    path = folder / "made.log"
    with path.open("wb") as out:
        for name in truth.files["access"]:
            if name != "timed.log":  # of another layout
                content = (folder / name).read_bytes()
                out.write(gzip.decompress(content) if name.endswith(".gz") else content)
    return read(path, read_policy(folder / "policy.toml"), "vhost_combined")
