"""The visits of a visitor's day, noted while they happen and counted when the day is over."""

from dataclasses import dataclass, field
from itertools import pairwise

from tests.traffic import clock
from tests.traffic.requests import RESUMED, Client, Request, Source
from tests.traffic.site import GOALS
from tests.traffic.truth import Key, Truth

Action = tuple[int, str, str, bool]  # instant, vhost, path, is a page


@dataclass
class Diary:
    """One visitor's actions; midnight ends a visit, and who goes on has come from the site itself."""

    truth: Truth
    client: Client
    day: str = ""
    visits: list[tuple[Source, list[Action]]] = field(default_factory=list)

    def note(self, request: Request, vhost: str) -> None:
        """Note an action; a request that `begins` starts a visit, any other goes on with the last."""
        day, begins = clock.day_of(request.at), request.begins
        if day != self.day:
            self.close()
            self.day, begins = day, begins or RESUMED
        if begins:
            self.visits.append((begins, []))
        self.visits[-1][1].append((request.at, vhost, request.path, request.act == "page"))

    def close(self) -> None:
        """Count the day."""
        distinct: set[tuple[str, Key]] = set()
        for source, actions in self.visits:
            self._count_visit(source, actions, distinct)
            self._count_pages(actions)
            self._count_goals(source, actions, distinct)
        for table, key in distinct:
            self.truth.add(table, key, unique_visitors=1)
        self.visits = []

    def _groups(self, vhost: str, source: Source) -> list[tuple[str, Key]]:
        at, agent = (self.day, vhost), self.client.agent
        return [
            ("visits_daily", at),
            ("sources_daily", (*at, *source)),
            ("devices_daily", (*at, agent.device_class, agent.os, agent.browser)),
            ("countries_daily", (*at, self.client.country)),
        ]

    def _count_visit(self, source: Source, actions: list[Action], distinct: set[tuple[str, Key]]) -> None:
        add, first, last = self.truth.add, actions[0], actions[-1]
        visits, sources, *others = self._groups(first[1], source)
        bounces = int(len(actions) == 1)
        add(*visits, visits=1, bounces=bounces, visit_seconds=last[0] - first[0])
        add(*sources, visits=1, bounces=bounces)
        for group in others:
            add(*group, visits=1)
        for _, vhost, path, is_page in actions:
            groups = self._groups(vhost, source)
            own = ("pages_daily" if is_page else "downloads_daily", (self.day, vhost, path))
            distinct.update([*groups, own])
            for group in groups:
                add(*group, pageviews=int(is_page))
            if not is_page:
                add(*groups[0], downloads=1)
                add(*own, downloads=1)

    def _count_pages(self, actions: list[Action]) -> None:
        add = self.truth.add
        for number, (at, vhost, path, is_page) in enumerate(actions):
            key = (self.day, vhost, path)
            if is_page:
                add("pages_daily", key, views=1, bounces=int(len(actions) == 1))
            if is_page and number + 1 < len(actions):
                dwell = actions[number + 1][0] - at
                self.truth.dwells[key][dwell] += 1
                add("pages_daily", key, dwell_seconds=dwell, dwell_views=1)
        pages = [(vhost, path) for _, vhost, path, is_page in actions if is_page]
        if pages:
            add("pages_daily", (self.day, *pages[0]), entries=1)
            add("pages_daily", (self.day, *pages[-1]), exits=1)
        for (vhost, path), (_, after) in pairwise(pages):
            add("transitions_daily", (self.day, vhost, path, after), transitions=1)

    def _count_goals(self, source: Source, actions: list[Action], distinct: set[tuple[str, Key]]) -> None:
        entry = next((path for _, _, path, is_page in actions if is_page), "unknown")
        for goal, begins in GOALS.items():
            if any(path.startswith(begins) for _, _, path, _ in actions):
                key = (self.day, actions[0][1], goal, *source[:2], entry, self.client.agent.device_class)
                self.truth.add("goals_daily", key, conversions=1)
                distinct.add(("goals_daily", key))
