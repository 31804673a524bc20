"""What the privacy notice promises that a policy could break, which checks and people answer for it, and its words."""

import re
from typing import Final, Literal

Language = Literal["nb", "en"]  # bokmål and English, as in all that Lethe says to people

LAST_DIGITS: Final = "The last digits of the address are removed before it is stored for analysis."
FULL_ADDRESS: Final = "The full address can be read for at most 30 days, to troubleshoot and to stop attacks."
BACKUPS: Final = "Backups keep personal data for at most one month after its deletion."

# The ids of checks, in the order of the promise, and which work of Lethe keeps what they look at.
CHECKS: Final = {
    "window": "close_days",
    "truncation": "compute_statistics",
    "keep": "close_days",
    "exports": "detect_attacks",
    "backups": "purge_backups",
    "restore": "rehearse_restore",
    "originals": "close_days",
    "audit": "every run",
    "airflow": "tidy_airflow",
    "temporary": "every run",
    "cookies": "the policy",
}
# What no program can check, so that somebody has to answer for it by name and date.
SUBJECTS: Final = ("controller", "logs", "basis", "rights", "recipients", "other_systems")

# What is said of others' data too easily. Truncated rows are pseudonymous; and a visit is no consent.
FORBIDDEN: Final = re.compile(r"anonym|by (?:using|visiting)|ved å (?:bruke|besøke)", re.IGNORECASE)
