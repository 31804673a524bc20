"""The patterns against lists of attacks and of harmless requests, and against text made to be slow."""

import csv
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pytest

from tests.data import data_path
from tests.transforms.detection.tables import make_hits
from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_lists, load_payloads, load_scenarios
from transforms.detection.match import match_events
from transforms.detection.searching import occurs

# Each class with the share of its attacks that is caught at least.
FLOORS = {
    "log4shell": 1.0,
    "php_cgi": 1.0,
    "rce": 0.93,
    "rfi": 0.98,
    "scanner_agent": 1.0,
    "secrets": 0.95,
    "sqli": 0.92,
    "ssrf": 0.97,
    "traversal": 0.97,
    "xss": 0.97,
}
POOLED_FLOOR = 0.95
BENIGN_CEILING = 0.0005
NAMES = ("attack-request", "exploit-scan", "secret-files", "secret-storm")
BY_CONTENT = [rule for rule in load_scenarios() if rule.name in NAMES]
BY_AGENT = [rule for rule in load_scenarios() if rule.name == "scanner-agent"]
BESIDE = Path(__file__).parent


def read_requests(name: str) -> list[dict[str, str]]:
    with data_path("scanners", name).open(newline="") as file:
        return list(csv.DictReader(file))


def flagged(requests: list[dict[str, str]], rules) -> set[int]:
    """The positions of the requests that are an event of one of the rules."""
    targets = [request["request_target"].partition("?") for request in requests]
    rows = [
        {
            "method": request["method"],
            "path": path,
            "query": query if mark else None,
            "user_agent": None if request["user_agent"] == "-" else request["user_agent"],
        }
        for request, (path, mark, query) in zip(requests, targets, strict=True)
    ]
    return {line - 1 for line in match_events(make_hits(rows), rules)["line_number"].to_pylist()}


def test_most_attacks_of_each_class_are_seen(capsys):
    attacks = read_requests("requests.csv")
    # The agents of the other classes were set at random and prove nothing.
    by_content, by_agent = flagged(attacks, BY_CONTENT), flagged(attacks, BY_AGENT)
    seen = by_content | {n for n in by_agent if attacks[n]["class"] == "scanner_agent"}

    all_of = Counter(attack["class"] for attack in attacks)
    seen_of = Counter(attacks[n]["class"] for n in seen)
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:14}{seen_of[name]:5} of {all_of[name]:4}" for name in sorted(all_of)))

    assert {name: share for name, share in FLOORS.items() if seen_of[name] < share * all_of[name]} == {}
    assert sum(seen_of[name] for name in FLOORS) >= POOLED_FLOOR * sum(all_of[name] for name in FLOORS)


def test_hardly_any_harmless_request_is_flagged():
    harmless = read_requests("benign.csv")

    assert len(flagged(harmless, BY_CONTENT + BY_AGENT)) <= BENIGN_CEILING * len(harmless)


def read_beside(name: str) -> list[str]:
    return [line for line in (BESIDE / name).read_text().split("\n") if line]


def sent(payload: str, number: int) -> str:
    """As clients write it: every sign escaped, blanks as plus signs, or only what no address may hold."""
    if "%" in payload or number % 3 == 2:
        return "".join(sign if "!" <= sign <= "~" and sign not in '"#&+' else quote(sign) for sign in payload)
    return quote_plus(payload, safe="()*/:;,'=<>|`$@!?") if number % 3 else quote(payload, safe="")


def plain(targets: Sequence[str]) -> list[dict[str, str]]:
    return [{"method": "GET", "request_target": target, "user_agent": "-"} for target in targets]


def test_the_many_spellings_of_each_kind_of_attack_are_seen():
    with (BESIDE / "attacks.csv").open(newline="") as file:
        attacks = list(csv.DictReader(file))
    page = {"rfi": "/side.php?page=", "ssrf": "/hent?url="}
    targets = [page.get(one["class"], "/vis?v=") + sent(one["payload"], n) for n, one in enumerate(attacks)]

    seen = Counter(attacks[n]["class"] for n in flagged(plain(targets), BY_CONTENT))
    all_of = Counter(attack["class"] for attack in attacks)

    assert {name: seen[name] for name in all_of if seen[name] < 0.9 * all_of[name]} == {}
    assert seen.total() >= 0.95 * all_of.total()


def test_what_people_and_programs_ask_for_with_the_words_of_attacks_is_not_flagged():
    pairs = [f"/sok?q={quote_plus(f'{one} {other}')}" for one, other in product(WORDS.split(), NEIGHBOURS.split())]
    harmless = read_beside("harmless.txt") + pairs

    assert [harmless[n] for n in sorted(flagged(plain(harmless), BY_CONTENT + BY_AGENT))] == []


WORDS = """union select order where and or from insert update drop table script alert system exec cat id ping sleep
passwd curl include template root admin having between like"""
NEIGHBOURS = """etc windows config shell eval file path url http data javascript onload style iframe object document
cookie 1 2024 '24 (ny) &co ;pris =bra >5 #1 /2 "x" 5% a|b l'or"""


PIECES = r"""
' or " ( ) < <a_ on= ../ ..\ ${ {{ } javascript j_a_v_a : // ; | id_ cat_/ %%x_in_( -- # select_a, union_
from_ & ? -d_ =http:// .txt .php? \. [?= {{_ %{_ )(_ \x01 0x7f. url=a: _as_ *)( $a( __ .. [$ &# &#x3c
order_by_1, having_count_ ` $_ if_not_(1_ for_/f_ /* */ %25 \x25 jndi xmlns data: a 0
"""
HOSTILE = {piece: piece.replace("_", " ") * (100_000 // len(piece) + 1) for piece in PIECES.split()}
HOSTILE["mixed"] = "".join(random.Random(7).choices([*map(str, HOSTILE)], k=40_000))
PATTERNS = {name: payload.patterns for name, payload in load_payloads().items()}
PATTERNS |= load_lists()
PATTERNS |= {
    f"{rule.name}-{key}": patterns
    for rule in load_scenarios()
    for match in rule.match
    for key in ("path", "not_path", "query", "target", "not_target", "referrer", "user_agent")
    if (patterns := getattr(match, key)) and patterns not in load_lists().values()
}


def cpu_seconds(work: Callable[[list[bytes]], object], length: int) -> float:
    """The least of three: how long a process works on all hostile texts, cut to a length."""
    texts = [text[:length].encode() for text in HOSTILE.values()]
    taken = []
    for _ in range(3):
        begin = time.process_time()
        work(texts)
        taken.append(time.process_time() - begin)
    return min(taken)


def grows_with_the_text(work: Callable[[list[bytes]], object]) -> bool:
    """Ten times the text takes ten times as long and a bit; backtracking would take a hundred times and more."""
    return cpu_seconds(work, 100_000) < 40 * cpu_seconds(work, 10_000)


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_slow_on_hostile_text(name):
    assert grows_with_the_text(lambda texts: search(texts, PATTERNS[name]))


def test_decoding_is_not_slow_on_hostile_text():
    assert grows_with_the_text(lambda texts: blank_comments(decode_texts(pa.array(texts, pa.binary()))))


def search(texts: list[bytes], patterns: Sequence[str]) -> object:
    return occurs(pa.array(texts, pa.binary()), patterns)


def banning(referrers: Sequence[str]) -> set[str]:
    rows = [{"path": f"/{n}.png", "referrer": text} for n, text in enumerate(referrers)]
    rules = [rule for rule in load_scenarios() if rule.mode == "ban" and any(one.payload for one in rule.match)]
    return set(match_events(make_hits(rows), rules)["scenario"].to_pylist())


def test_what_a_browser_sends_as_referrer_bans_nobody_and_staff_see_it():
    sent = [
        "https://www.example.org/search?q=%3Cscript%3E",
        "https://www.example.org:8443/?q=${jndi:ldap://x/a}",
        "https://[2001:db8::1]/boaform/admin?q=rm+-rf+;+cat+/etc/passwd",
    ]
    seen = match_events(make_hits([{"referrer": text} for text in sent]), BY_CONTENT)

    assert banning(sent) == set()
    assert seen["line_number"].to_pylist() == [1, 2, 3]


def test_a_referrer_that_no_browser_sends_is_searched():
    assert banning(["${jndi:ldap://x/a}"]) >= {"log4shell"}
    assert banning(["https://${jndi:ldap://x/a}/"]) >= {"log4shell"}


@pytest.mark.parametrize(
    "target",
    [
        "/img/${product.image('small')}",
        "/form.action?struts.token.name=token&token=ABC",
        "/?debug=console&x=1",
        "/docs/boaform/intro",
    ],
)
def test_what_people_and_broken_templates_send_is_no_exploit(target):
    path, mark, query = target.partition("?")
    rules = [rule for rule in load_scenarios() if rule.name == "known-exploits"]
    hits = make_hits([{"path": path, "query": query if mark else None}])
    assert not len(match_events(hits, rules))
