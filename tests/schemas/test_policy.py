import json
import re
import tomllib
from datetime import date, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import notice
from schemas.durations import Duration
from schemas.policy import LISTS, Policy, PolicyError, load_policy, policy_version
from schemas.policy_agreement import lacking
from schemas.policy_model import Log, Site

DOCUMENTED = Path(__file__).parents[2] / "policy.toml"
NETWORKS = 'a list of networks, such as ["192.0.2.0/24", "2001:db8::/32"]'
GOAL = (
    "a path that begins with /, or a list of some, each exact or with * at its end for all that begin so, such as"
    ' "/order/thanks" or ["/contact/sent", "/files/*"]'
)
FORMATS = (
    "one of common, combined, vhost_combined, aws_alb, caddy, cloudfront, haproxy, iis, nginx_json, syslog_combined,"
    " traefik, traefik_common, apache_error, nginx_error, php_error, detect; the server's own LogFormat or log_format,"
    ' with its % or $; or a map of JSON keys, such as json: {"client_ip": "ip", …}'
)
RECIPIENT = """name = "Example Hosting AS"
purpose_nb = "drift"
purpose_en = "hosting"
country = "NO"
agreement_nb = "avtale"
agreement_en = "agreement"
"""
ATTESTATION = "id = 'a'\nby = 'Kari'\non = 2026-05-01\n"

WRONG_VALUES = [
    ('[site]\nname = "WWW"', 'site.name is "WWW"; allowed is a host name in lower case, such as "www.example.org"'),
    (
        '[site]\nhosts = "example.org"',
        'site.hosts is "example.org"; allowed is a list of host names in lower case, such as ["example.org"]',
    ),
    (
        '[site]\ntimezone = "europe/oslo"',
        'site.timezone is "europe/oslo"; allowed is a name of the IANA time zone database, such as "Europe/Oslo";'
        ' did you mean "Europe/Oslo"?',
    ),
    ("keep = 7", "keep is 7; allowed is a section [keep]"),
    (
        '[keep]\nsecurity_window = "P1D"',
        'keep.security_window is "P1D"; allowed is 2 to 30 whole days, such as "P7D"',
    ),
    (
        '[keep]\nsecurity_window = "PT60H"',
        'keep.security_window is "PT60H"; allowed is 2 to 30 whole days, such as "P7D"',
    ),
    (
        "[keep]\nsecurity_window = 7",
        'keep.security_window is 7; allowed is 2 to 30 whole days, such as "P7D"',
    ),
    (
        '[keep]\nvisit_log = "90 days"',
        'keep.visit_log is "90 days"; allowed is a duration, such as "P90D" or "P25M"',
    ),
    (
        "[keep]\nstatistics = 2025-01-01",
        'keep.statistics is "2025-01-01"; allowed is a duration, such as "P90D" or "P25M"',
    ),
    (
        '[keep]\nvisit_log = "P6D"',
        'keep.visit_log is "P6D"; allowed is no less than 7 days (keep.security_window)',
    ),
    (
        '[keep]\nsecurity_window = "P30D"\nstatistics = "P1M"',
        'keep.statistics is "P1M"; allowed is no less than 30 days (keep.security_window)',
    ),
    (
        '[keep]\nreceipts = "P36D"',
        'keep.receipts is "P36D"; allowed is no less than 37 days'
        " (keep.security_window and 30 days for rotated files still on disk)",
    ),
    (
        '[keep]\naudit = "P33D"',
        'keep.audit is "P33D"; allowed is no less than 34 days'
        " (keep.security_window, keep.backups and a day, to outlive what it proves)",
    ),
    (
        '[truncation]\nipv4_prefix = "24"',
        'truncation.ipv4_prefix is "24"; allowed is a whole number from 8 to 24',
    ),
    ("[truncation]\nipv6_prefix = 8", "truncation.ipv6_prefix is 8; allowed is a whole number from 16 to 64"),
    (
        "[statistics]\nsmallest_group = true",
        "statistics.smallest_group is true; allowed is a whole number from 1 on",
    ),
    ("[statistics]\nsmallest_group = 0", "statistics.smallest_group is 0; allowed is a whole number from 1 on"),
    (
        '[statistics]\nvisit_gap = "PT25H"',
        'statistics.visit_gap is "PT25H"; allowed is a second to a day, such as "PT30M"',
    ),
    (
        '[statistics]\nvisit_gap = "PT0S"',
        'statistics.visit_gap is "PT0S"; allowed is a second to a day, such as "PT30M"',
    ),
    (
        '[statistics]\nvisit_gap = "P1M"',
        'statistics.visit_gap is "P1M"; allowed is a second to a day, such as "PT30M", and a month is no fixed length',
    ),
    (
        '[statistics]\npage_query_keys = ["p", "?id"]',
        'statistics.page_query_keys has "?id"; allowed is a list of query keys, such as ["id"]',
    ),
    (
        '[site]\nsecret_query_keys = ["pin", "user[pin]"]',
        'site.secret_query_keys has "user[pin]";'
        ' allowed is a list of query keys of letters, digits, _, - and ., such as ["member_no"]',
    ),
    (
        '[statistics]\nignore_paths = ["/health*"]',
        'statistics.ignore_paths has "/health*";'
        ' allowed is a list of exact paths, without *, ? and blanks, such as ["/health"]',
    ),
    (
        '[statistics]\nbackground_paths = ["/api/*/poll"]',
        'statistics.background_paths has "/api/*/poll";'
        ' allowed is a list of paths, each exact or with * at its end for all that begin so, such as ["/api/*"]',
    ),
    (
        '[statistics]\nexclude_networks = ["198.51.100.7/24"]',
        f'statistics.exclude_networks has "198.51.100.7/24"; allowed is {NETWORKS}; did you mean "198.51.100.0/24"?',
    ),
    (
        '[blocklist]\nallowlist = ["2001:db8::1/32"]',
        f'blocklist.allowlist has "2001:db8::1/32"; allowed is {NETWORKS}; did you mean "2001:db8::/32"?',
    ),
    (
        '[blocklist]\nallowlist = ["0.0.0.0/0"]',
        f'blocklist.allowlist has "0.0.0.0/0"; allowed is {NETWORKS}; this one holds every address there is',
    ),
    ('[blocklist]\nallowlist = ["office"]', f'blocklist.allowlist has "office"; allowed is {NETWORKS}'),
    (
        '[blocklist]\nban = "P1M"',
        'blocklist.ban is "P1M"; allowed is whole minutes up to keep.security_window, such as "PT4H",'
        " and a month is no fixed length",
    ),
    (
        '[blocklist]\nban = "P8D"',
        'blocklist.ban is "P8D"; allowed is at most 7 days (keep.security_window), since a ban ends with its evidence',
    ),
    ('[places]\nkeys = " "', 'places.keys is " "; allowed is a path, such as "/srv/lethe/store"'),
    (
        '[places]\nbackups = "store/backups"',
        'places.backups is "store/backups"; allowed is a place apart from places.store, which is "store"',
    ),
    (
        '[places]\nkey_mirror = "./keys/"',
        'places.key_mirror is "./keys/"; allowed is a place apart from places.keys, which is "keys"',
    ),
    (
        '[places]\ncountry_data = "countries.csv"',
        'places.country_data is "countries.csv"; allowed is the path of a .mmdb file, or "" for none',
    ),
    ('[logs]\nname = "www"', 'logs is {"name": "www"}; allowed is a section [[logs]] for each log'),
    (
        '[[logs]]\nname = "../www"',
        'logs.1.name is "../www"; allowed is up to 64 of a-z, 0-9, _ and -, such as "www"',
    ),
    (
        '[[logs]]\nname = "shop"\naccess = "access.log"',
        'logs.shop.access is "access.log"; allowed is a list of paths, also with *,'
        ' such as ["/var/log/nginx/access.log*"]',
    ),
    (
        '[[logs]]\nname = "shop"\naccess = ["sftp://root:x@web/a.log"]',
        'logs.shop.access has "sftp://root:x@web/a.log"; allowed is a list of paths, also with *,'
        ' such as ["/var/log/nginx/access.log*"], and for those of an object store or another server "s3://bucket/key",'
        ' "s3://connection@bucket/key" or "sftp://connection/path", without any password',
    ),
    ('[[logs]]\nformat = "combind"', f'logs.1.format is "combind"; allowed is {FORMATS}; did you mean "combined"?'),
    ('[[logs]]\nafter_window = "keep"', 'logs.1.after_window is "keep"; allowed is "report" or "delete"'),
    (
        '[[logs]]\naccess = ["a"]\nerror = []\n[[logs]]\naccess = ["b"]\nerror = []',
        'logs has the name "www" 2 times; allowed is once',
    ),
    (
        '[[logs]]\naccess = ["a"]\nerror = ["a"]',
        'logs has the path "a" 2 times; allowed is once, so that no line counts twice',
    ),
    ('[[goals]]\nname = "sent"\npath = "thanks"', f'goals.sent.path has "thanks"; allowed is {GOAL}'),
    ('[[goals]]\nname = "sent"\npath = ["/a*b"]', f'goals.sent.path has "/a*b"; allowed is {GOAL}'),
    ('[[goals]]\nname = "sent"\npath = []', f"goals.sent.path is []; allowed is {GOAL}"),
    ('[[goals]]\nname = "sent"', f"goals.sent.path is missing; allowed is {GOAL}"),
    (
        '[[goals]]\nname = ""\npath = "/a"',
        'goals.1.name is ""; allowed is a line of up to 100 characters, such as "Order sent"',
    ),
    (
        '[[goals]]\nname = "unknown"\npath = "/a"',
        'goals.unknown.name is "unknown"; allowed is a line of up to 100 characters, such as "Order sent";'
        " tables say that of something else",
    ),
    (
        '[[goals]]\nname = "sent"\npath = "/a"\n[[goals]]\nname = "sent"\npath = "/b"',
        'goals has the name "sent" 2 times; allowed is once; path takes a list of paths',
    ),
    ("[controller]\ndpo = 7", "controller.dpo is 7; allowed is a line of text"),
    ('[controller]\naddress = "a\\nb"', 'controller.address is "a\\nb"; allowed is a line of text'),
    (
        f"[[recipients]]\n{RECIPIENT.replace('NO', 'Norway')}",
        'recipients.1.country is "Norway"; allowed is the two letters of a country, such as "NO"',
    ),
    (
        f"[[recipients]]\n{RECIPIENT}[[recipients]]\n{RECIPIENT.replace('country', '#')}",
        'recipients.2.country is missing; allowed is the two letters of a country, such as "NO"',
    ),
    (
        f"[[recipients]]\n{RECIPIENT.replace('drift', 'anonym statistikk')}",
        'recipients.1.purpose_nb is "anonym statistikk"; allowed is a line of text for the notice, and not empty, '
        "without “anonym”: what Lethe keeps is pseudonymous until the day's key is gone, and a visit is no consent",
    ),
    (
        "[[attestations]]\nid = 'a'\nby = 'Kari'\non = 'May'\ncovers = ['basis']",
        'attestations.a.on is "May"; allowed is a day, such as 2026-05-01, without quotes',
    ),
    (
        f'[[attestations]]\n{ATTESTATION}covers = ["everything"]',
        'attestations.a.covers has "everything"; allowed is a list of some of '
        "controller, logs, basis, rights, recipients, other_systems",
    ),
    (
        f'[[attestations]]\n{ATTESTATION}sentence_nb = "Vi er snille."',
        "attestations.a says too little; allowed is covers, or a sentence in both languages",
    ),
    (
        f'[[attestations]]\n{ATTESTATION}covers = ["basis", "basis"]',
        'attestations.covers has "basis" 2 times; allowed is once, so that one person answers',
    ),
    (
        f'[[attestations]]\n{ATTESTATION}covers = ["basis"]\nuntil = 2026-04-30',
        "attestations.a.until is 2026-04-30; allowed is a day after 2026-05-01",
    ),
    (
        "[[attestations]]\nid = 'window'\nby = 'Kari'\non = 2026-05-01\ncovers = ['basis']",
        'attestations has the id "window"; allowed is another one, since that is a check',
    ),
]

BROKEN_PROMISES = [
    ("keep", 'security_window = "P31D"', notice.FULL_ADDRESS),
    ("keep", 'security_window = "P1M"', notice.FULL_ADDRESS),
    ("keep", 'backups = "P28D"', notice.BACKUPS),
    ("keep", 'backups = "P1M"', notice.BACKUPS),
    ("truncation", "ipv4_prefix = 32", notice.LAST_DIGITS),
    ("truncation", "ipv4_prefix = 25", notice.LAST_DIGITS),
    ("truncation", "ipv6_prefix = 128", notice.LAST_DIGITS),
    ("truncation", "ipv6_prefix = 65", notice.LAST_DIGITS),
]

UNKNOWN_KEYS = [
    ('[keep]\nsecurity_windw = "P7D"', "keep.security_windw is no key of a policy; did you mean keep.security_window?"),
    ('[keep]\nvisit_gap = "PT1H"', "keep.visit_gap is no key of a policy; did you mean statistics.visit_gap?"),
    ('[[log]]\nname = "www"', "log is no key of a policy; did you mean logs?"),
    ('[[logs]]\nformt = "common"', "logs.1.formt is no key of a policy; did you mean logs.format?"),
    (
        "[truncation]\nq = 1",
        "truncation.q is no key of a policy; allowed in [truncation] are ipv4_prefix, ipv6_prefix",
    ),
    (
        "q = 1",
        "q is no key of a policy; allowed are site, keep, truncation, statistics, blocklist, places, controller, logs,"
        " goals, search_engines, other_systems, recipients, attestations",
    ),
]

SYNTAX_ERRORS = [
    ("[keep]\nvisit_log = ", "line 2, column 13 is not TOML: "),
    ("[keep]\nvisit_log P7D\n", "line 2, column 11 is not TOML: "),
    ('site = """\nx', "line 2, column 2 is not TOML: "),
    ("a = " + "[" * 5000, "this TOML is beyond what can be read: "),
]


def problems(text):
    with pytest.raises(PolicyError) as refused:
        load_policy(text, "policy.toml")
    return refused.value.problems


@pytest.mark.parametrize(("text", "sentence"), WRONG_VALUES)
def test_a_wrong_value_is_answered_by_one_sentence(text, sentence):
    assert problems(text) == [f"policy.toml: {sentence}"]


@pytest.mark.parametrize(("section", "line", "promise"), BROKEN_PROMISES)
def test_a_broken_promise_is_refused_with_the_promise(section, line, promise):
    [problem] = problems(f"[{section}]\n{line}")
    assert problem.startswith(f"policy.toml: {section}.{line.replace(' = ', ' is ')}; allowed is ")
    assert problem.endswith(f", since the notice promises: “{promise}”")


@pytest.mark.parametrize(("text", "sentence"), UNKNOWN_KEYS)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(text, sentence):
    assert problems(text) == [f"policy.toml: {sentence}"]


@pytest.mark.parametrize(("text", "begin"), SYNTAX_ERRORS)
def test_what_is_no_toml_is_refused_with_its_place(text, begin):
    [problem] = problems(text)
    assert problem.startswith(f"policy.toml: {begin}")
    assert "\n" not in problem


def test_all_problems_are_told_at_once():
    text = '[keep]\nvisit_log = "P1D"\nbackups = 7\n[site]\nname = ""\n[places]\nkeys = "store"\n[x]'
    keys = [problem.split()[1] for problem in problems(text)]
    assert keys == ["site.name", "keep.backups", "x", "keep.visit_log", "places.keys"]


NUMBERS = st.booleans() | st.integers(-9, 99) | st.floats(0.1, 9)
SCALARS = st.just({}) | NUMBERS | st.text("/P1DM*.é", max_size=4)
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
KEYS = st.sampled_from(sorted({key for _, model in Policy() if not isinstance(model, tuple) for key, _ in model}))


@given(st.dictionaries(st.sampled_from(list(Policy.model_fields)), VALUES | st.dictionaries(KEYS, VALUES, max_size=3)))
def test_whatever_is_written_is_a_policy_or_a_refusal(written):
    text = "\n".join(f"{key} = {as_toml(value)}" for key, value in written.items())
    try:
        assert isinstance(load_policy(text), Policy)
    except PolicyError as refused:
        assert all(problem.startswith("policy.toml: ") and "\n" not in problem for problem in refused.problems)


def as_toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(as_toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


def test_a_default_in_place_of_a_wrong_value_contradicts_nothing():
    assert len(problems('[keep]\nsecurity_window = "P20"\n[blocklist]\nban = "P10D"')) == 1


def test_policy_toml_documents_every_key_with_its_default():
    text = DOCUMENTED.read_text()
    assert load_policy(text) == load_policy("") == Policy()
    with_examples = re.sub(r"^# (?=\[\[|\w+ += )", "", text, flags=re.MULTILINE)
    assert len(load_policy(with_examples).recipients) == 1
    written = tomllib.loads(with_examples)
    assert list(written) == list(Policy.model_fields)
    for section, default in Policy():
        fields = (LISTS | {"logs": Log}).get(section, type(default)).model_fields
        assert list(written[section][0] if section in (*LISTS, "logs") else written[section]) == list(fields)


def test_a_goal_is_reached_on_one_path_or_on_several():
    text = '[[goals]]\nname = "Order sent"\npath = "/order/thanks"\n[[goals]]\nname = "guides"\npath = ["/a", "/b/*"]'
    assert [goal.path for goal in load_policy(text).goals] == [("/order/thanks",), ("/a", "/b/*")]
    one, other = (f'[[goals]]\nname = "{name}"\npath = "/{name}"\n' for name in "ab")
    assert policy_version(load_policy(one + other)) == policy_version(load_policy(other + one))
    assert policy_version(load_policy(one)) != policy_version(load_policy(""))


def test_exact_durations_are_timedeltas_and_calendar_ones_keep_their_months():
    policy = load_policy('[statistics]\nvisit_gap = "PT15M"\n[keep]\nstatistics = "P2Y"')
    assert policy.statistics.visit_gap == timedelta(minutes=15)
    assert policy.keep.security_window == timedelta(days=7)
    assert policy.keep.statistics == Duration(months=24)


def test_the_notice_lacks_whom_it_is_of_and_who_answers_until_both_are_written():
    lacks = lacking(Policy(), date(2026, 6, 1))
    assert [one.split(";")[0] for one in lacks] == [
        "[controller] name is missing",
        "[controller] address is missing",
        "[controller] contact is missing",
        "nobody answers for controller, logs, basis, rights, recipients, other_systems",
    ]
    text = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [[", "# id", "# by", "# on", "# until", "# covers")) else line
        for line in DOCUMENTED.read_text().split("# [[attestations]]")[1].splitlines()
    )
    text = f"[controller]\nname='a'\naddress='b'\ncontact='c'\n[[attestations]]\n{text}"
    whole = load_policy(text)
    assert lacking(whole, date(2026, 6, 1)) == lacking(whole, date(2027, 5, 1)) == []
    assert len(lacking(whole, date(2027, 5, 2))) == len(lacking(whole, date(2026, 4, 30))) == 1, "not yet, or run out"


def test_networks_are_networks():
    assert load_policy('[blocklist]\nallowlist = ["192.0.2.7"]').blocklist.allowlist == (IPv4Network("192.0.2.7/32"),)


def test_the_sites_hosts_follow_its_name():
    assert load_policy('[site]\nname = "www.example.com"').site.hosts == ("www.example.com", "example.com")


def test_a_log_without_zone_keeps_the_sites_time():
    text = '[site]\ntimezone = "UTC"\n[[logs]]\nname = "a"\n[[logs]]\nname = "b"\naccess = []\nerror = []\n'
    logs = load_policy(text + 'timezone = "Asia/Tokyo"').logs
    assert [log.timezone for log in logs] == ["UTC", "Asia/Tokyo"]
    assert Policy(site=Site(timezone="UTC")).logs[0].timezone == "UTC"


@pytest.mark.parametrize("layout", ["%h %t", "$remote_addr", "detect", "nginx_error", "iis", 'json: {"a": "b"}'])
def test_a_format_is_a_name_or_the_servers_own_string(layout):
    assert load_policy(f"[[logs]]\nformat = '{layout}'").logs[0].format == layout


def test_a_policy_cannot_change():
    with pytest.raises(ValidationError):
        Policy().keep.security_window = timedelta(days=60)


def test_the_version_is_of_the_meaning_not_of_the_file():
    one = (
        '[keep]\naudit = "P1Y"\n[site]\nname = "a"\n[[logs]]\nname = "a"\n[[logs]]\nname = "b"\naccess = []\nerror = []'
    )
    other = '# no\n[[logs]]\nname = "b"\nerror = []\naccess = []\n[[logs]]\nname = "a"\n[site]\nname = "a"'
    assert policy_version(load_policy(one)) == policy_version(load_policy(other))
    assert policy_version(Policy()) != policy_version(load_policy("[statistics]\nsmallest_group = 6"))
