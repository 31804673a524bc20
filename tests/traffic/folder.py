"""A folder with everything: the logs, their truth, the policy it holds under, a country database."""

from datetime import date
from pathlib import Path

from tests.traffic.generating import generate
from tests.traffic.places import write_country_database
from tests.traffic.policy import policy_with
from tests.traffic.truth import Truth


def write_folder(
    folder: Path,
    seed: int = 1,
    start: date = date(2024, 10, 26),
    days: int = 3,
    scale: float = 1.0,
    smallest_group: int = 1,
) -> Truth:
    """Write logs, `countries.mmdb`, `policy.toml` and, last, `truth.json`, which holds for a `smallest_group` of 1."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = generate(folder, seed, start, days, scale)
    countries = folder / "countries.mmdb"
    write_country_database(countries)
    (folder / "policy.toml").write_text(policy_with(str(countries.resolve()), smallest_group), encoding="utf-8")
    (folder / "truth.json").write_text(truth.as_json(), encoding="utf-8")
    return truth
