"""What a sentence of the notice may say of a policy: its figures and names, as words of a language."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any, Final

from schemas.durations import Duration
from schemas.policy_agreement import nothing_left_after
from schemas.policy_model import Attestation, Log, Policy, Recipient, Section

Facts = dict[str, str]  # "" stands for what is not so
IS_SO: Final = "yes"
NOT_EEA: Final = ("GB", "CH", "US")  # of the countries that have a name here


def facts_of_policy(policy: Policy, language: str, written: Mapping[str, Any]) -> Facts:
    """Every {name} that a sentence may hold, and every `when`."""
    keep, rules, cut, who = policy.keep, policy.statistics, policy.truncation, policy.controller
    lasting = {kind: Duration.of(getattr(keep, kind)) for kind in type(keep).model_fields}
    lasting |= {"gone": Duration(exact=nothing_left_after(policy)), "visit_gap": Duration(exact=rules.visit_gap)}
    lasting |= {"ban": Duration(exact=policy.blocklist.ban)}
    keys = _series((*rules.campaign_keys, *rules.page_query_keys), language, written)
    return {
        **{name: words(lasts, language, written) for name, lasts in lasting.items()},
        "window": words(lasting["security_window"], language, written),
        "site": policy.site.name,
        "controller": who.name if who.name and who.address and who.contact else "",
        "address": who.address,
        "contact": who.contact,
        "dpo": who.dpo,
        "ipv4": str(ip_network(f"192.0.2.123/{cut.ipv4_prefix}", strict=False)),
        "ipv6": str(ip_network(f"2001:db8:1234:5678:9abc::123/{cut.ipv6_prefix}", strict=False)),
        "smallest_group": str(rules.smallest_group),
        "groups": IS_SO if rules.smallest_group > 1 else "",
        "query_keys": keys,
        "no_query_keys": "" if keys else IS_SO,
        "no_recipients": "" if policy.recipients else IS_SO,
        "deleted": _logs(policy.logs, "delete", language, written),
        "reported": _logs(policy.logs, "report", language, written),
    }


def facts_of_entry(entry: Section, language: str, written: Mapping[str, Any]) -> Facts:
    """Of an entry of a list, such as a recipient: its keys, those in two languages without the language's name."""
    facts = {name.removesuffix(f"_{language}"): str(value) for name, value in entry}
    if isinstance(entry, Recipient):
        known = written["countries"].get(entry.country)
        facts["country"] = known[language == "en"] if known else entry.country
        facts["outside"] = IS_SO if not known or entry.country in NOT_EEA else ""
    if isinstance(entry, Attestation):
        facts["sentence"] = _ended(facts["sentence"])
    return facts


def words(lasts: Duration, language: str, written: Mapping[str, Any]) -> str:
    """A duration in a language, such as `7 dager`, `1 hour and 30 minutes`."""
    parts = [f"{number} {written['units'][unit][language][number != 1]}" for number, unit in lasts.figures]
    return _series(parts, language, written)


def _logs(logs: Iterable[Log], after_window: str, language: str, written: Mapping[str, Any]) -> str:
    return _series([log.name for log in logs if log.after_window == after_window], language, written)


def _series(names: Iterable[str], language: str, written: Mapping[str, Any]) -> str:
    *most, last = list(names) or [""]
    return f"{', '.join(most)} {written['units']['and'][language][0]} {last}" if most else last


def _ended(text: str) -> str:
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
