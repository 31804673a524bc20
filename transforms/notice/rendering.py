"""A document → Markdown or HTML that can be pasted into a page. What a check proves looks unlike what a person says."""

import re
from html import escape
from typing import Final

from transforms.notice.document import Document, Sentence, load_words

SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")  # what Markdown would take for markup, HTML's brackets among it


def as_markdown(document: Document) -> str:
    """CommonMark: a heading a part, a list of its sentences; marks of checks in italics, of people in bold."""
    lines = [f"# {_plain(document.title)}"]
    for part in document.parts:
        said = [f"- {_plain(one.text)} {_starred(one, document.language)}" for one in part.sentences]
        lines += ["", f"## {_plain(part.heading)}", "", *said]
    return "\n".join([*lines, "", *(f"{_plain(note)}\n" for note in notes_of(document))])


def as_html(document: Document) -> str:
    """A fragment without style, script or link; `class` tells the marks apart for who wants to colour them."""
    lines = [f'<section lang="{document.language}">', f"<h2>{escape(document.title)}</h2>"]
    for part in document.parts:
        said = [f"<li>{escape(one.text)} {_tagged(one, document.language)}</li>" for one in part.sentences]
        lines += [f"<h3>{escape(part.heading)}</h3>", "<ul>", *said, "</ul>"]
    notes = [f"<p><small>{escape(note)}</small></p>" for note in notes_of(document)]
    return "\n".join([*lines, *notes, "</section>", ""])


def mark_of(sentence: Sentence, language: str) -> str:
    """What answers for a sentence: `✓ check: window`, or an attestation by id and day, `✍ notice-2026, 2026-05-01`."""
    marks, by = load_words()["marks"], sentence.attestation
    if by is None:
        return str(marks["check"][language].format(id=sentence.check))
    return str(marks["attested"][language].format(id=by.id, on=by.on))


def notes_of(document: Document) -> list[str]:
    """What the marks mean, and who stands behind each attestation."""
    marks, language = load_words()["marks"], document.language
    people = []
    for by in {one.attestation: None for one in document.sentences if one.attestation}:
        until = marks["until"][language].format(until=by.until) if by.until else ""
        people.append(marks["person"][language].format(id=by.id, by=by.by, on=by.on) + until)
    return [load_words()["legend"][language], *people]


def _starred(sentence: Sentence, language: str) -> str:
    stars = "*" if sentence.check else "**"
    return f"{stars}{_plain(mark_of(sentence, language))}{stars}"


def _tagged(sentence: Sentence, language: str) -> str:
    mark = escape(mark_of(sentence, language))
    return f'<small class="check">{mark}</small>' if sentence.check else f'<b class="attested">{mark}</b>'


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)
