import pytest

from schemas.policy import Policy, load_policy
from schemas.policy_words import describe_policy


def words(text):
    return " ".join(describe_policy(load_policy(text)))


@pytest.mark.parametrize(
    "said",
    [
        "a day's addresses become unreadable 7 days after that day began",
        "192.0.2.123 becomes 192.0.2.0/24, 2001:db8:1234:5678:9abc::123 becomes 2001:db8:1234::/48",
        "The visit log lives 90 days, statistics 25 months",
        "gone 34 days after its day began: 7 days of window, 26 days of backups, 1 day until the daily purge",
        "A visit ends after 30 minutes",
        "fewer than 5 visitors",
        "except: utm_source, utm_medium and utm_campaign tell the campaign.",
        "Values of secret query keys, such as password, token and session, are not stored at all",
        "Hits on or from /health count in no table",
        "banned for 4 hours",
        "Never banned: 192.0.2.0/28.",
        "Log www: access from /var/log/nginx/access.log*, errors from /var/log/nginx/error.log*; layout combined",
        "Off: goals; no conversions are counted",
        "Off: countries",
        "Off: search engines",
    ],
)
def test_the_default_policy_says(said):
    assert said in " ".join(describe_policy(Policy()))


def test_the_worst_case_follows_window_and_backups():
    assert "gone 41 days after" in words('[keep]\nsecurity_window = "P20D"\nbackups = "P20D"')


def test_the_examples_follow_the_prefixes():
    said = words("[truncation]\nipv4_prefix = 16\nipv6_prefix = 32")
    assert "192.0.2.123 becomes 192.0.0.0/16, 2001:db8:1234:5678:9abc::123 becomes 2001:db8::/32" in said


def test_what_is_off_is_said():
    said = words(
        "logs = []\n[statistics]\nsmallest_group = 1\ncampaign_keys = []\nignore_paths = []\n"
        "[blocklist]\nallowlist = []"
    )
    assert "Off: small groups are published as they are" in said
    assert "Off: no network is safe from bans" in said
    assert "Off: nothing is read on schedule" in said
    assert "Of queries nothing is kept." in said
    assert "count in no table" not in said


def test_a_goal_says_what_reaches_it():
    said = words('[[goals]]\nname = "Order sent"\npath = ["/order/thanks", "/files/*"]')
    assert (
        "Goal Order sent: visits in which /order/thanks or anything that begins with /files/ was opened count" in said
    )
    assert "Off: goals" not in said


def test_what_the_policy_calls_background_is_said():
    said = words('[statistics]\nbackground_paths = ["/api/*", "/poll"]')
    assert "Besides feeds and their like, /api/* and /poll are background: hits, and no pageviews." in said


def test_with_country_data_countries_are_on():
    assert "countr" not in words('[places]\ncountry_data = "countries.mmdb"')
