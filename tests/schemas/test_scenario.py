import json
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rule_text import read_rule
from schemas.scenario import Payload, Scenario, ScenarioError
from transforms.detection.searching import occurs

RULE = """
name = "path-scan"
description = "Many addresses that do not exist"
severity = "medium"
count = "distinct path"
bucket = { capacity = 10, leak = "PT10S" }

[[match]]
methods = ["GET"]
status = [404, "5xx"]
not_path = ['\\.css$']
"""
PAYLOAD = """
name = "log4shell"
description = "Look-ups"
fields = ["target", "referrer"]
patterns = ['\\$\\{jndi']
"""


def refusal_of(content: str, model=Scenario) -> str:
    with pytest.raises(ScenarioError) as refusal:
        read_rule(model, "own.toml", content)
    return str(refusal.value)


def test_a_scenario_says_what_it_looks_for_and_how_many_are_too_many():
    scenario = read_rule(Scenario, "path-scan.toml", RULE)

    assert (scenario.mode, scenario.group_by, scenario.count) == ("ban", "address", "distinct path")
    assert (scenario.bucket.capacity, scenario.bucket.leak) == (10, timedelta(seconds=10))
    assert scenario.match[0].status == (404, "5xx")


def test_a_fraction_of_a_second_may_leak():
    scenario = read_rule(Scenario, "path-scan.toml", RULE.replace("PT10S", "PT0.25S"))

    assert scenario.bucket.leak == timedelta(milliseconds=250)


def test_a_payload_says_where_its_patterns_are_looked_for():
    assert read_rule(Payload, "log4shell.toml", PAYLOAD).fields == ("target", "referrer")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"medium"', '"urgent"', 'severity is "urgent"; allowed is one of low, medium, high, critical'),
        ('severity = "medium"\n', "", "severity is missing; allowed is one of low, medium, high, critical"),
        ('"path-scan"', '"Path Scan"', 'name is "Path Scan"; allowed is a name such as "path-scan"'),
        ('"PT10S"', "10", 'bucket.leak is 10; allowed is a duration, such as "PT10S"'),
        ('"PT10S"', '"10 seconds"', 'bucket.leak is "10 seconds"; allowed is a duration, such as "PT10S"'),
        ('"PT10S"', '"P1M"', 'bucket.leak is "P1M"; allowed is a duration, such as "PT10S"'),
        ('"PT10S"', '"PT0S"', 'bucket.leak is "PT0S"; allowed is a duration, such as "PT10S"'),
        (
            "distinct path",
            "distinct pages",
            'count is "distinct pages"; allowed is one of events, distinct path, '
            "distinct target, distinct address, distinct user_agent",
        ),
        ("[[match]]", "[[then]]", "[[match]] or [[error]] is needed, and not both"),
        ("[[match]]", "[[error]]\ncode = ['ah01630']\n[[match]]", "[[match]] or [[error]] is needed, and not both"),
        ("[[match]]", "[[then]]\nstatus = [302]\n[[match]]", '[[then]] and within, such as "PT10M", go together'),
        (
            "[[match]]",
            "within = 'P2D'\n[[then]]\nstatus = [302]\n[[match]]",
            'within is "P2D"; allowed is a duration of up to a day, such as "PT10M"',
        ),
        (
            'methods = ["GET"]',
            'outside = "The Google"',
            'match.outside is "The Google"; allowed is a name of '
            '[[search_engines]] in the policy, or a list of networks, such as ["192.0.2.0/24"]',
        ),
        (
            'methods = ["GET"]',
            'outside = ["192.0.2.1/24"]',
            'match.outside is ["192.0.2.1/24"]; allowed is a name of [[search_engines]] in the policy, or a list of '
            'networks, such as ["192.0.2.0/24"] (192.0.2.1/24 has host bits set)',
        ),
        (
            'methods = ["GET"]',
            "methods = []",
            'match.methods is []; allowed is a list of methods, such as ["GET", "POST"] '
            "(what is empty sees everything; say more, or leave it out)",
        ),
        (
            "[[match]]",
            "[[success]]\n[[match]]",
            "success is [{}]; allowed is one or more tables [[success]] "
            "(what is empty sees everything; say more, or leave it out)",
        ),
        (
            "[[match]]",
            "[[success]]\nstatus = [500, 302]\n[[match]]",
            "success.status has 302, which no [[match]] and no [[then]] lets through",
        ),
        (
            "severity",
            "severty",
            "severty is no key of a file like this; allowed are name, description, severity, mode, group_by, count, "
            "bucket, match, error, then, within, success",
        ),
        (
            'methods = ["GET"]',
            'mode = "ban"',
            "mode stands below [[match]]; write it above, and a second rule into a file of its own",
        ),
        ("= 10,", "= -1,", "bucket.capacity is -1; allowed is a whole number from 0"),
        ("= 10,", "= 10.0,", "bucket.capacity is 10.0; allowed is a whole number from 0"),
        ("[404,", "[true,", 'match.status has true; allowed is a list of codes, such as [404, "5xx"]'),
        ('"5xx"', '"teapot"', 'match.status has "teapot"; allowed is a list of codes, such as [404, "5xx"]'),
        (
            "'\\.css$'",
            "'('",
            'match.not_path has "("; allowed is a list of regular expressions of RE2, in lower case '
            "(Invalid regular expression: missing ): ()",
        ),
        (
            "'\\.css$'",
            "'(?!x)'",
            'match.not_path has "(?!x)"; allowed is a list of regular expressions of RE2, in lower case '
            "(Invalid regular expression: invalid perl operator: (?!)",
        ),
        (
            "'\\.css$'",
            "'Admin'",
            'match.not_path has "Admin"; allowed is a list of regular expressions of RE2, in lower case '
            "(it meets lower-case text)",
        ),
        (
            "'\\.css$'",
            "'\\Qabc'",
            'match.not_path has "\\\\Qabc"; allowed is a list of regular expressions of RE2, in lower case '
            "(it leaves a \\Q open, or repeats something more than 333 times)",
        ),
        (
            "'\\.css$'",
            "'(?:a{20}){20}'",
            'match.not_path has "(?:a{20}){20}"; allowed is a list of regular expressions of RE2, in lower case '
            "(it leaves a \\Q open, or repeats something more than 333 times)",
        ),
        (
            "'\\.css$'",
            f"'{'a' * 1001}'",
            f'match.not_path has "{"a" * 59}; allowed is a list of regular expressions of RE2, in lower case '
            "(it is longer than 1,000 characters)",
        ),
        (
            'methods = ["GET"]',
            'method = "GET"',
            "match.method is no key of a file like this; "
            "allowed are methods, not_methods, status, min_bytes, path, not_path, query, target, not_target, protocol, "
            "referrer, user_agent, not_user_agent, payload, fields, outside",
        ),
    ],
)
def test_a_wrong_file_is_answered_with_file_key_and_what_is_allowed(old, new, sentence):
    assert refusal_of(RULE.replace(old, new, 1)) == f"own.toml: {sentence}"


def test_a_bucket_must_run_dry_within_a_day():
    assert refusal_of(RULE.replace("PT10S", "PT3H")).endswith(
        "; allowed is a capacity and a leak by which a full bucket is empty in a day"
    )
    assert read_rule(Scenario, "path-scan.toml", RULE.replace("PT10S", "PT2H")).bucket.leak == timedelta(hours=2)


def test_a_match_in_one_bracket_is_answered_with_two():
    assert refusal_of(RULE.replace("[[match]]", "[match]")).endswith("; allowed is one or more tables [[match]]")


def test_what_is_not_toml_is_answered_with_its_place():
    assert refusal_of(RULE + "[").startswith("own.toml: this is not TOML: ")


def test_a_pattern_may_use_classes_that_are_written_in_capitals():
    assert read_rule(Scenario, "path-scan.toml", RULE.replace(".css", r"S\\W\\x{ab}".replace("\\\\", "\\")))


def test_a_scenario_without_a_match_is_refused():
    assert refusal_of(RULE.partition("[[match]]")[0]) == ("own.toml: [[match]] or [[error]] is needed, and not both")


def test_a_refusal_is_one_line():
    assert "\n" not in refusal_of("severity = 3")


def test_an_exploit_is_added_by_adding_a_table():
    added = '[[exploit]]\nid = "CVE-2021-44228"\ntitle = "A look-up that Log4j runs"\npatterns = ["jndi:"]\n'
    told = PAYLOAD.partition("patterns")[0]

    assert read_rule(Payload, "log4shell.toml", told + added).whole.patterns == ("jndi:",)
    assert read_rule(Payload, "log4shell.toml", PAYLOAD + added).whole.patterns[1:] == ("jndi:",)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ('[[exploit]]\nid = "a"\ntitle = "b"\n', "exploit.patterns is missing"),
        ('[[exploit]]\nid = "a"\ntitle = "b"\npatterns = ["("]\n', 'exploit.patterns has "("; allowed is a list of'),
        ('[[exploit]]\ntitle = "a"\n', "exploit.id is missing"),
    ],
)
def test_an_exploit_that_says_something_else_is_refused_in_one_sentence(change: str, sentence: str):
    assert refusal_of(PAYLOAD + change, Payload).startswith(f"own.toml: {sentence}")


@pytest.mark.parametrize("patterns", [["a"] * 201, [f"^.*a.{{{n}}}c$" for n in range(200, 300)]], ids=["many", "wide"])
def test_patterns_that_are_too_much_together_are_refused(patterns: list[str]):
    with pytest.raises(ScenarioError, match=r"up to 200, whose repeats such as \{1,20\} add up to 3,000 at most"):
        read_rule(Scenario, "x.toml", RULE.replace("'\\.css$'", ", ".join(f"'{one}'" for one in patterns)))


@pytest.mark.parametrize(
    "content",
    ["path = " + "[" * 9000, "path = " + "{a=" * 6000, "a = " + "9" * 5000, ".".join("a" * 9000) + " = 1"],
    ids=["lists", "tables", "number", "key"],
)
def test_toml_that_is_too_much_for_its_reader_is_refused_in_a_sentence(content: str):
    with pytest.raises(ScenarioError, match=r"^x.toml: (it is nested too deeply|a key has more than twenty parts)"):
        read_rule(Scenario, "x.toml", content)


@given(st.text(alphabet=r"a.*+?|()[]{}\\QE^$0123,:si", max_size=20))
def test_a_pattern_that_is_taken_is_one_that_can_be_searched(pattern: str):
    """As they are searched, with others."""
    try:
        rule = read_rule(Scenario, "x.toml", RULE.replace("'\\.css$'", f"{json.dumps(pattern)}, 'b'"))
    except ScenarioError:
        return
    assert len(occurs(pa.array([b"abc"], pa.binary()), rule.match[0].not_path)) == 1
