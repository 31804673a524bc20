"""The order of the page: its sections, their parts, and the published table behind each part."""

from collections.abc import Collection
from itertools import zip_longest
from typing import Final

# The sections of the page, their parts in order, and the published table behind each, for who wants all of its rows
SECTIONS: Final = {
    "visits": {"days": "visits_daily"},
    "pages": {"pages": "pages_daily", "downloads": "downloads_daily", "goals": "goals_daily"},
    "sources": {"source_kinds": "sources_daily", "sources": "sources_daily"},
    "flows": {"transitions": "transitions_daily"},
    "people": {
        **{"device_classes": "devices_daily", "hours": "traffic_hourly"},
        **{"countries": "countries_daily", "devices": "devices_daily"},
    },
    "machines": {
        **{"traffic": "traffic_hourly", "ai_crawlers": "agents_daily"},
        **{"attacks": "attacks_daily", "agents": "agents_daily"},
    },
    "health": {
        **{"statuses": "status_daily", "broken_links": "not_found_daily", "errors": "errors_daily"},
        **{"response_times_by_day": "response_times_daily", "response_times": "response_times_daily"},
    },
}
CSV: Final = {part: table for parts in SECTIONS.values() for part, table in parts.items()}
WIDE: Final = {"days", "pages", "transitions", "traffic", "agents", "errors", "response_times_by_day", "response_times"}
OPTIONAL: Final = {"goals"}  # no site has to have them
OF_THE_CALENDAR: Final = {"days", "traffic", "hours"}  # these have rows even where there is nothing


def arrange(there: Collection[str]) -> dict[str, list[tuple[str, bool]]]:
    """The parts of each section, and which have the whole width: as they should, or for want of one beside them."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for section, parts in SECTIONS.items():
        names = [name for name in parts if name in there]
        row, is_right = [], False
        for name, following in zip_longest(names, names[1:]):
            is_whole = name in WIDE or (not is_right and (following is None or following in WIDE))
            row.append((name, is_whole))
            is_right = not is_whole and not is_right
        found[section] = row
    return found
