"""Policies for the notice: one that says enough, and any that Hypothesis can think of."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.durations import Duration
from schemas.notice import SUBJECTS
from schemas.policy_model import Policy

TODAY = date(2026, 6, 1)
WHOLE: dict[str, Any] = {
    "controller": {
        "name": "Eksempel kommune",
        "address": "Storgata, Oslo",
        "contact": "personvern@example.org",
        "dpo": "ombud@example.org",
    },
    "recipients": [
        {
            "name": "Drift AS",
            "purpose_nb": "drift av serveren",
            "purpose_en": "running the server",
            "country": "NO",
            "agreement_nb": "databehandleravtale",
            "agreement_en": "data processing agreement",
        }
    ],
    "other_systems": [{"name": "Skjema AS", "purpose_nb": "kontaktskjemaet", "purpose_en": "the contact form"}],
    "attestations": [
        {"id": "notice", "by": "Kari Nordmann, head of IT", "on": date(2026, 5, 1), "covers": list(SUBJECTS)},
        {
            "id": "training",
            "by": "Ola Nordmann",
            "on": date(2026, 4, 1),
            "sentence_nb": "Alle ansatte får opplæring",
            "sentence_en": "All employees are trained",
        },
    ],
}


def policy(**sections: Any) -> Policy:
    """A policy whose notice lacks nothing."""
    return Policy.model_validate(WHOLE | sections)


def _days(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda days: timedelta(days=days))


LASTING = st.builds(Duration, months=st.integers(0, 40), exact=_days(1, 500))
# Without digits, so that each figure in a text is one of the policy; with what Markdown and HTML would take for markup.
LINES = st.text("abcæøåÆØÅ éñ*_<>&[]()`#|~\\\"'", min_size=1, max_size=30).map(lambda text: f"X{text.strip()}")
ENTRIES = {
    "recipients": ("name", "purpose_nb", "purpose_en", "agreement_nb", "agreement_en"),
    "other_systems": ("name", "purpose_nb", "purpose_en"),
}
LISTS = {
    kind: st.lists(st.fixed_dictionaries(dict.fromkeys(names, LINES)), max_size=3) for kind, names in ENTRIES.items()
}
SECTIONS = st.fixed_dictionaries(
    {
        "keep": st.fixed_dictionaries(
            {
                "security_window": _days(2, 30),
                "backups": _days(1, 27),
                **dict.fromkeys(("visit_log", "statistics", "receipts", "audit"), LASTING),
            }
        ),
        "truncation": st.fixed_dictionaries({"ipv4_prefix": st.integers(8, 24), "ipv6_prefix": st.integers(16, 64)}),
        "statistics": st.fixed_dictionaries(
            {
                "smallest_group": st.integers(1, 90),
                "visit_gap": st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
                "campaign_keys": st.lists(st.sampled_from(["utm_source", "kampanje"]), unique=True),
                "page_query_keys": st.lists(st.sampled_from(["p", "id"]), unique=True),
            }
        ),
        "blocklist": st.fixed_dictionaries(
            {"ban": st.integers(1, 30 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))}
        ),
        "controller": st.fixed_dictionaries(dict.fromkeys(("name", "address", "contact", "dpo"), LINES)),
        "logs": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["www", "shop", "forum"]),
                    "after_window": st.sampled_from(["report", "delete"]),
                }
            ),
            max_size=3,
            unique_by=lambda log: str(log["name"]),
        ),
        "recipients": st.builds(
            lambda entries, country: [one | {"country": country} for one in entries],
            LISTS["recipients"],
            st.sampled_from(["NO", "SE", "US", "ZZ"]),
        ),
        "other_systems": LISTS["other_systems"],
    }
)
POLICIES = SECTIONS.map(lambda sections: policy(**sections))
