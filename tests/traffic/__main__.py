"""Write sample logs: `python -m tests.traffic --out DIR`."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from tests.traffic import write_folder


def main() -> None:
    """Write the logs, their truth, the policy it holds under, and a country database."""
    parser = ArgumentParser(prog="python -m tests.traffic", description="Sample logs with ground truth.")
    parser.add_argument("--out", type=Path, required=True, help="folder, made if missing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2024, 10, 26), help="YYYY-MM-DD")
    parser.add_argument("--scale", type=float, default=1.0, help="1: about 30,000 lines in three days")
    parser.add_argument("--smallest-group", type=int, default=1, help="for the policy; the truth holds for 1")
    asked = parser.parse_args()
    truth = write_folder(asked.out, asked.seed, asked.start, asked.days, asked.scale, asked.smallest_group)
    print(f"{truth.lines.total():,} lines in {asked.out}")


if __name__ == "__main__":
    main()
