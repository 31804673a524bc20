"""CPU seconds of whole processes over a million generated lines, and ratios to GoAccess where it is installed."""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.traffic import write_folder


def cpu_seconds(command: list[str]) -> float:
    """User and system time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(folder: Path, logs: list[str]) -> dict[str, list[str]]:
    """What is measured: GoAccess counts the same access logs, without parsing errors, detecting or anonymising."""
    lethe = str(Path(sys.executable).with_name("lethe"))
    policy = ["--policy", str(folder / "policy.toml")]
    found = {
        "lethe parse (to JSON)": [lethe, "parse", "--format", "vhost_combined", *logs],
        "lethe alerts": [lethe, "alerts", "--format", "vhost_combined", *logs, *policy],
        "lethe statistics": [
            *(lethe, "statistics", "--format", "vhost_combined", *logs),
            *(*policy, "--out", str(folder / "out")),
        ],
    }
    if shutil.which("goaccess"):
        options = ["--log-format=VCOMBINED", "--num-tests=0", "--no-global-config"]  # the first lines are broken
        found["goaccess"] = ["goaccess", *logs, *options, "-o", str(folder / "report.json")]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=33.0, help="1 is about 30,000 lines")
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = write_folder(folder, scale=scale)
        logs = [str(folder / file) for file in truth.files["access"] if file.startswith("access")]
        for log in [log for log in logs if log.endswith(".gz")]:  # GoAccess reads plain files only
            subprocess.run(["gunzip", log], check=True)
        logs = [log.removesuffix(".gz") for log in logs]
        lines = sum(truth.lines[file] for file in truth.files["access"] if file.startswith("access"))
        print(f"{lines:,} lines in {len(logs)} files")
        seconds = {what: cpu_seconds(command) for what, command in commands(folder, logs).items()}
        for what, spent in seconds.items():
            ratio = f", {spent / seconds['goaccess']:.2f} x GoAccess" if "goaccess" in seconds else ""
            print(f"{what}: {spent:.1f} CPU s, {spent * 1e6 / lines:.1f} a million lines{ratio}")


if __name__ == "__main__":
    main()
