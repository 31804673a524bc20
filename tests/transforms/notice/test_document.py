"""The notice says what the policy says, and nothing that nobody answers for."""

import re
import tomllib
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from schemas.durations import Duration
from schemas.notice import CHECKS, FORBIDDEN, SUBJECTS, Language
from schemas.policy_agreement import nothing_left_after
from schemas.policy_model import Policy
from tests.transforms.notice.policies import POLICIES, TODAY, WHOLE, policy
from transforms.notice import document as module
from transforms.notice.document import KINDS, LANGUAGES, Kind, promises, write_document
from transforms.notice.ready import cookie_logs, missing_for_notice
from transforms.notice.rendering import as_html, as_markdown, mark_of
from transforms.parsing.formats import UNNAMED
from transforms.parsing.naming import NAMED

FIXED = re.compile(  # figures that are no policy's: articles of the law, and the addresses that are shortened
    r"artikkel 6 nr\. 1 bokstav f|Art\. 6\(1\)\(f\)|artikkel 21|Art\. 21|192\.0\.2\.123|2001:db8:1234:5678:9abc::123"
)
UNITS = {
    "nb": {
        "month": "måned(er)?",
        "day": "dag(er)?",
        "hour": "time(r)?",
        "minute": "minutt(er)?",
        "second": "sekund(er)?",
    },
    "en": {"month": "months?", "day": "days?", "hour": "hours?", "minute": "minutes?", "second": "seconds?"},
}
BOTH = pytest.mark.parametrize("language", LANGUAGES)


def text(found: Policy, language: Language, kind: Kind = "notice", today: date = TODAY) -> str:
    return "\n".join(one.text for one in write_document(found, kind, language, today).sentences)


def durations(found: Policy) -> list[Duration]:
    return [
        *(Duration.of(value) for _, value in found.keep),
        Duration(exact=nothing_left_after(found)),
        Duration(exact=found.statistics.visit_gap),
        Duration(exact=found.blocklist.ban),
    ]


@given(POLICIES)
@settings(deadline=None)
def test_every_figure_is_the_policys_and_every_figure_of_the_policy_is_there(found: Policy) -> None:
    for language in LANGUAGES:
        said = FIXED.sub("", text(found, language))
        for network in re.findall(r"[0-9a-f.:]+/\d+", said):
            assert int(network.split("/")[1]) in (found.truncation.ipv4_prefix, found.truncation.ipv6_prefix)
        assert len(re.findall(r"[0-9a-f.:]+/\d+", said)) == 2
        said = re.sub(r"[0-9a-f.:]+/\d+", "", said)
        figures = set(chain.from_iterable(one.figures for one in durations(found)))
        for number, unit in figures:
            assert re.search(rf"\b{number} {UNITS[language][unit]}\b", said), (number, unit)
        group = found.statistics.smallest_group
        allowed = {number for number, _ in figures} | ({group} if group > 1 else set())
        assert {int(number) for number in re.findall(r"\d+", said)} == allowed


@given(POLICIES)
@settings(deadline=None)
def test_each_sentence_has_a_check_or_a_person_and_the_two_look_different(found: Policy) -> None:
    for language in LANGUAGES:
        for kind in KINDS:
            written = write_document(found, kind, language, TODAY)
            markdown, html = as_markdown(written), as_html(written)
            for one in written.sentences:
                mark = mark_of(one, language)
                assert (one.check in CHECKS) != (one.attestation is not None)
                assert mark.startswith("✓" if one.check else "✍")
                assert one.keeper in mark
                assert one.attestation is None or str(one.attestation.on) in mark
            assert html.count('class="check"') == sum(1 for one in written.sentences if one.check)
            assert html.count("<li>") == markdown.count("\n- ") == len(written.sentences)
            assert markdown.count("✓") - 1 == html.count('class="check"')


@given(POLICIES)
@settings(deadline=None)
def test_no_visitor_agrees_by_visiting_and_nothing_is_called_anonymous(found: Policy) -> None:
    for language in LANGUAGES:
        for kind in KINDS:
            assert not FORBIDDEN.search(as_markdown(write_document(found, kind, language, TODAY)))


def test_the_forbidden_words_are_found_in_both_languages() -> None:
    for words in ("By using the site you agree", "ved å bruke nettstedet", "Anonymous", "anonymisert", "anonyme data"):
        assert FORBIDDEN.search(words)
    assert not FORBIDDEN.search("pseudonymisert, pseudonymised, ved brukerstøtte")


@given(POLICIES)
@settings(deadline=None)
def test_no_name_in_a_policy_becomes_markup(found: Policy) -> None:
    written = write_document(found, "notice", "en", TODAY)
    tags = set(re.findall(r"<[^>]*>", as_html(written)))
    allowed = r'</?(section|h2|h3|ul|li|p|small|b)( (class="(check|attested)"|lang="en"))?>'
    assert all(re.fullmatch(allowed, tag) for tag in tags)
    assert not re.search(r"(?<!\\)[<>\[\]`|~]", as_markdown(written))


@BOTH
@pytest.mark.parametrize(
    "said",
    [
        {"nb": "berettiget interesse, personvernforordningen artikkel 6 nr. 1 bokstav f", "en": "Art. 6(1)(f) GDPR"},
        {"nb": "informasjonssikkerhet", "en": "security"},
        {"nb": "rett til innsyn i, retting av og sletting av", "en": "right of access to, rectification and erasure"},
        {"nb": "rett til å protestere", "en": "right to object"},
        {"nb": "Du kan klage til Datatilsynet", "en": "You may complain to the Norwegian Data Protection Authority"},
        {
            "nb": "Lethe, programmet som leser loggene, setter og leser ingen informasjonskapsler",
            "en": "sets and reads no cookie",
        },
        {"nb": "pseudonymisert", "en": "pseudonymised"},
        {"nb": "høyst 7 dager", "en": "at most 7 days"},
        {"nb": "192.0.2.123 blir 192.0.2.0/24", "en": "192.0.2.123 becomes 192.0.2.0/24"},
        {
            "nb": "Drift AS, Norge: drift av serveren; databehandleravtale.",
            "en": "Drift AS, Norway: running the server",
        },
        {"nb": "Skjema AS: kontaktskjemaet. Dette systemet dekkes ikke av Lethe.", "en": "is not covered by Lethe"},
        {"nb": "Personvernombudet nås på ombud@example.org", "en": "data protection officer is reached at ombud@"},
        {"nb": "Alle ansatte får opplæring.", "en": "All employees are trained."},
    ],
)
def test_the_notice_says_what_the_law_asks_for(said: dict[str, str], language: Language) -> None:
    assert said[language] in text(policy(), language)


@BOTH
def test_the_record_has_all_that_article_30_asks_for(language: Language) -> None:
    """Controller, purposes, subjects and data, recipients, third countries, time limits, security."""
    headings = [part.heading for part in write_document(policy(), "record", language, TODAY).parts]
    assert len(headings) == 9
    american = [WHOLE["recipients"][0] | {"country": "US"}]
    assert {"nb": "Drift AS er utenfor EØS.", "en": "Drift AS is outside the EEA."}[language] in text(
        policy(recipients=american), language, "record"
    )
    assert "EØS" not in text(policy(), "nb", "record")


def test_both_languages_say_the_same_with_the_same_keepers() -> None:
    for kind in KINDS:
        norwegian, english = (write_document(policy(), kind, language, TODAY) for language in LANGUAGES)
        assert [one.keeper for one in norwegian.sentences] == [one.keeper for one in english.sentences]
        assert len(norwegian.parts) == len(english.parts)


def test_what_nobody_answers_for_is_not_said() -> None:
    bare = write_document(Policy(), "notice", "en", TODAY)
    assert {one.attestation for one in bare.sentences} == {None}
    assert "Art. 6" not in text(Policy(), "en")
    without = [one | {"covers": ["basis"]} if one["id"] == "notice" else one for one in WHOLE["attestations"]]
    assert "Art. 6" in text(policy(attestations=without), "en")
    assert "Datatilsynet" not in text(policy(attestations=without), "en")


def test_an_attestation_that_ran_out_or_is_not_given_yet_answers_for_nothing() -> None:
    ends = [WHOLE["attestations"][0] | {"until": date(2026, 6, 30)}, WHOLE["attestations"][1]]
    found = policy(attestations=ends)
    assert "Datatilsynet" in text(found, "en", today=date(2026, 6, 30))
    assert "Datatilsynet" not in text(found, "en", today=date(2026, 7, 1))
    assert "Datatilsynet" not in text(found, "en", today=date(2026, 4, 30))
    assert missing_for_notice(found, date(2026, 6, 30)) == []
    assert len(missing_for_notice(found, date(2026, 7, 1))) == 1


def test_the_sentences_hold_no_figure_and_no_forbidden_word() -> None:
    written: dict[str, Any] = tomllib.loads((Path(module.__file__).parent / "sentences.toml").read_text("utf-8"))
    sentences = [one for part in written["parts"] for one in (*part["sentences"], *part.get("last", ()))]
    assert {one["by"] for one in sentences} == {*CHECKS, *SUBJECTS, "own"}
    for one in sentences:
        for language in LANGUAGES:
            assert not re.search(r"\d", re.sub(r"\{\w+\}", "", FIXED.sub("", one[language]))), one[language]
            assert not FORBIDDEN.search(one[language])
        assert re.findall(r"\{\w+\}", one["nb"]) == re.findall(r"\{\w+\}", one["en"])


def test_every_check_has_a_promise_for_the_page() -> None:
    for language in LANGUAGES:
        found = promises(Policy(), language)
        assert list(found) == list(CHECKS)
        assert all(found.values())


@pytest.mark.parametrize(
    "layout",
    [
        '%h %t "%r" %>s %b "%{session}C"',
        '%h %t "%r" %>s %b "%{Cookie}i"',
        '%h %t "%r" %>s %b "%{Set-Cookie}o"',
        '%h %t "%r" %>s %b "%{cookie}n"',
        '%h %t "%r" %!200,304{id}C',
        '$remote_addr [$time_local] "$request" $status $cookie_sid',
        '$remote_addr [$time_local] "$request" $status "$http_cookie"',
        '$remote_addr [$time_local] "$request" $status $sent_http_set_cookie',
        '$remote_addr [$time_local] "$request" $status $uid_got',
        '$remote_addr [$time_local] "$request" $status ${uid_set}',
    ],
)
def test_where_a_format_holds_a_cookie_there_is_no_notice(layout: str) -> None:
    found = policy(logs=[{"name": "shop", "format": layout}])
    (missing,) = missing_for_notice(found, TODAY)
    assert missing.startswith("logs.shop.format holds a cookie, and the notice says that Lethe reads none")


def test_no_usual_format_holds_a_cookie() -> None:
    for layout in (*NAMED, *NAMED.values(), *UNNAMED, "detect", "%h %{Content-Type}o %{UNIQUE_ID}e %C"):
        assert cookie_logs(policy(logs=[{"name": "www", "format": layout}])) == []


def test_without_recipients_it_says_that_there_are_none() -> None:
    assert "The logs are given to nobody else." in text(policy(recipients=[]), "en")
    assert "nobody else" not in text(policy(), "en")
