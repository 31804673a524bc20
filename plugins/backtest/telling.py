"""What a backtest found, in sentences and as plain values: the same for the terminal, the page and programs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from plugins.backtest.running import Backtest, Found
from transforms.detection.cost import Hit


def sentences(found: Backtest) -> list[str]:
    """Whom it would have banned, and what that had cost; counts only."""
    banned, cost = found.banned, found.cost
    if not found.targets:
        unseen = "" if found.fits_any else "; no line fits it"
        return [
            f"{found.scenario.name} would have banned nobody in {found.hits:,} hits of {len(found.days)} days{unseen}."
        ]
    known = sum(one.is_known for one in banned)
    told = [
        f"{found.scenario.name} would have banned {_many(len(banned), 'target')} in {found.hits:,} hits of "
        f"{len(found.days)} days, {known:,} of which {'is' if known == 1 else 'are'} banned anyway, for other reasons."
    ]
    if protected := len(found.targets) - len(banned):
        told.append(f"{protected:,} more had alerts, and are never banned: the policy protects them.")
    told += [
        f"While these bans held they would have refused {_share(cost.banned, cost.people)}.",
        f"In the whole window the same targets made {_share(cost.whole, cost.people)}.",
    ]
    if shared := sum(one.is_shared for one in banned):
        told.append(f"Several people seem to share {shared:,} of the targets: an office, a school, a provider.")
    return told


def as_values(found: Backtest, evidence: Mapping[str, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """For programs; instants are instants."""
    cost = found.cost
    return {
        "scenario": found.scenario.name,
        "mode": found.scenario.mode,
        "days": [str(day) for day in found.days],
        "hits": found.hits,
        "would_ban": len(found.banned),
        "banned_anyway": sum(one.is_known for one in found.banned),
        "protected": len(found.targets) - len(found.banned),
        "people": asdict(cost.people),
        "cost_while_banned": _with_shares(cost.banned, cost.people),
        "cost_in_all": _with_shares(cost.whole, cost.people),
        "targets": [
            _target(one) | ({} if evidence is None else {"evidence": evidence.get(one.target, [])})
            for one in found.targets
        ],
    }


def note_of(one: Found) -> str:
    """What a person should look at."""
    notes = ((one.until is None, "protected"), (one.is_known, "banned anyway"), (one.is_shared, "looks shared"))
    return ", ".join(words for holds, words in notes if holds)


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"


def _share(part: Hit, whole: Hit) -> str:
    return (
        f"{part.pageviews:,} of {whole.pageviews:,} pageviews of people ({percent(part.pageviews, whole.pageviews)}), "
        f"made by {part.visitors:,} of {whole.visitors:,} visitors ({percent(part.visitors, whole.visitors)})"
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _target(one: Found) -> dict[str, Any]:
    names = ("target", "first_seen", "last_seen", "alerts", "events", "outcome", "until")
    return {name: getattr(one, name) for name in names} | {
        "banned_anyway": one.is_known,
        "looks_shared": one.is_shared,
        "cost_while_banned": asdict(one.cost.banned),
        "cost_in_all": asdict(one.cost.whole),
    }


def _with_shares(one: Hit, whole: Hit) -> dict[str, float]:
    counts = asdict(one)
    shares = {f"share_of_{name}": round(part / (getattr(whole, name) or 1), 6) for name, part in counts.items()}
    return counts | shares
