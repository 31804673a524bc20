"""Error messages are published as templates: nothing of a visitor is in them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.statistics.templates import message_template, published_level, published_module, servers_words


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("AH00128: File does not exist: /srv/www/ola nordmann/x", "AH00128: File does not exist: {}"),
        ('open() "/srv/x" failed (2: No such file or directory)', "open() {} failed ({}: No such file or directory)"),
        (
            "connect() failed (111: Connection refused) while connecting to upstream",
            "connect() failed ({}: Connection refused) while connecting to upstream",
        ),
        ("AH01618: user ola not found: /admin", "AH01618: user {} not found: {}"),
        ("AH01617: user Ola Nordmann: authentication failure for", "AH01617: user {}: authentication failure for"),
        (
            "auth_ldap authenticate: user ola authentication failed",
            "auth_ldap authenticate: user {} authentication failed",
        ),
        (
            "AH01666: Authorization of user ola to access /x failed",
            "AH01666: Authorization of user {} to access {} failed",
        ),
        ("AH00126: Invalid URI in request GET ola-nordmann HTTP/1.1", "AH00126: Invalid URI in request {}"),
        ("login with session=abcdefXYZ refused", "login with session={} refused"),
        ('user "ola": password mismatch', "user {}: password mismatch"),
        ("script '/login/wp-login.php' not found or unable to stat", "script {} not found or unable to stat"),
        ("client 203.0.113.7 sent 2001:db8::7 twice", "client {} sent {} twice"),
        ("mail from ola@example.net refused", "mail from {} refused"),
        ("AH00489: Apache/2.4.16 (Ubuntu) configured", "AH00489: Apache/{} (Ubuntu) configured"),
        ("proxy: error reading http://10.0.0.1:80/x?y=1 again", "proxy: error reading {} again"),
        ('FastCGI sent in stderr: "PHP message: half of a', "FastCGI sent in stderr: {}"),
        ("mod_authz_core.c(820): AH01626: granted", "mod_authz_core.c({}): AH01626: granted"),
        ("warning in wp-content/plugins/x.php on line 7", "warning in {} on line {}"),
        ("read and/or write failed", "read and/or write failed"),
        ("client's request took 0.123 s", "client's request took {} s"),
    ],
)
def test_what_tells_one_message_from_another_is_taken_out(message: str, template: str) -> None:
    assert message_template(message) == template


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("Kari logged in as Nordmann", "{} logged in as {}"),
        ("AH00127: Cannot map GET /olanordmann HTTP/1.1 to file", "AH00127: Cannot map GET {} HTTP/{} to file"),
        ("no such person: kari.nordmann (Åse Ødegård)", "no such {}: {}"),
        ("could not be resolved: kari.example.org", "could not be resolved: {}"),
        (
            "PHP Notice:  Undefined index: kari_nordmann in /srv/x.php on line 3",
            "PHP Notice:  Undefined index: {} in {} on line {}",
        ),
        ("SSL: error:141CF06C:SSL routines:tls_parse:bad key share", "SSL: error:{}:SSL routines:{}:bad key share"),
    ],
)
def test_a_word_that_no_server_uses_is_a_clients(message: str, template: str) -> None:
    assert message_template(message) == template


SERVERS = st.sampled_from(
    ["AH00128: File does not exist:", "user", "failed", "in", "(", "):", ",", "client", '"', "no", "="]
)
CLIENTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), min_size=3, max_size=20)


@settings(deadline=None)
@given(st.lists(SERVERS, max_size=4), CLIENTS, st.lists(SERVERS, max_size=4))
def test_of_a_clients_words_only_those_survive_that_are_servers(before: list[str], said: str, after: list[str]) -> None:
    known = servers_words()
    template = message_template(" ".join([*before, said, *after]))
    words = re.findall(r"\w+", template.replace("{}", " "))
    allowed = {part for words in known.values() for word in words for part in re.findall(r"\w+", word)}
    assert all(word in allowed or re.fullmatch(r"AH\d{5}", word) for word in words)


def test_a_forged_line_publishes_no_word_as_level_or_module() -> None:
    assert (published_level("error"), published_level("nordmann")) == ("error", "(other)")
    assert (published_module("authz_core"), published_module("ola")) == ("authz_core", "(other)")
