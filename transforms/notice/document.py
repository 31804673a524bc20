"""A policy → the sentences of its notice or Art. 30 record, each with the check or the person that answers for it.

What nobody answers for is not said. Sources: GDPR Art. 13, 21, 30(1) and recital 49.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from schemas.notice import CHECKS, Language
from schemas.policy_model import Attestation, Policy, Section
from transforms.notice.figures import Facts, facts_of_entry, facts_of_policy

Kind = Literal["notice", "record"]
LANGUAGES: Final[tuple[Language, ...]] = ("nb", "en")
KINDS: Final[tuple[Kind, ...]] = ("notice", "record")
OWN: Final = "own"  # an attestation's sentence is its own


@dataclass(frozen=True)
class Sentence:
    """`check` is the id of the check that proves it; else `attestation` is of the person who answers for it."""

    text: str
    check: str = ""
    attestation: Attestation | None = None

    @property
    def keeper(self) -> str:
        return self.check or (self.attestation.id if self.attestation else "")


@dataclass(frozen=True)
class Part:
    """Sentences under a heading."""

    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Document:
    """A notice or record in a language: `nb` or `en`."""

    language: Language
    title: str
    parts: tuple[Part, ...]

    @property
    def sentences(self) -> list[Sentence]:
        return [sentence for part in self.parts for sentence in part.sentences]


def write_document(policy: Policy, kind: Kind, language: Language, today: date) -> Document:
    """The document as it is true today: attestations that have run out answer for nothing."""
    written = load_words()
    facts = facts_of_policy(policy, language, written)
    parts = [
        Part(part[language], tuple(_sentences(part, policy, facts, language, today)))
        for part in written["parts"]
        if kind in part["documents"]
    ]
    title = written["title"][kind][language].format_map(facts)
    return Document(language, title, tuple(part for part in parts if part.sentences))


def promises(policy: Policy, language: Language) -> dict[str, list[str]]:
    """By the id of its check, each sentence of notice and record that a check proves; no attestation is asked."""
    found: dict[str, list[str]] = {check: [] for check in CHECKS}
    for kind in KINDS:
        for sentence in write_document(policy, kind, language, date.min).sentences:
            if sentence.check and sentence.text not in found[sentence.check]:
                found[sentence.check].append(sentence.text)
    return found


@cache
def load_words() -> dict[str, Any]:
    """The sentences, units and countries of sentences.toml."""
    return tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))


def _sentences(
    part: Mapping[str, Any], policy: Policy, facts: Facts, language: Language, today: date
) -> Iterator[Sentence]:
    """Those of each entry, then the last ones, said once."""
    entries: tuple[Section | None, ...] = getattr(policy, part["each"]) if "each" in part else (None,)
    for entry in entries:
        known = facts | facts_of_entry(entry, language, load_words()) if entry else facts
        yield from _said(part["sentences"], policy, known, language, today, entry)
    yield from _said(part.get("last", ()), policy, facts, language, today, None)


def _said(
    written: list[Mapping[str, str]],
    policy: Policy,
    facts: Facts,
    language: Language,
    today: date,
    entry: Section | None,
) -> Iterator[Sentence]:
    for one in written:
        text, by = one[language], one["by"]
        if "when" in one and not facts[one["when"]]:
            continue
        if by in CHECKS:
            yield Sentence(text.format_map(facts), check=by)
        elif attestation := _answering(by, policy, today, entry):
            yield Sentence(text.format_map(facts), attestation=attestation)


def _answering(by: str, policy: Policy, today: date, entry: Section | None) -> Attestation | None:
    candidates = [entry] if by == OWN else [one for one in policy.attestations if by in one.covers]
    return next((one for one in candidates if isinstance(one, Attestation) and one.holds(today)), None)
