"""Tokens of programs: shown once, kept as a hash."""

from pathlib import Path

import pytest

from plugins.access.tokens import add_token, all_tokens, find_token, remove_token
from schemas.refusals import RefusedError
from tests.command import Done, run_lethe
from tests.stores import Site, utc


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, utc(2026, 11, 20, 12))


def test_a_token_is_found_by_what_was_shown_once_and_stands_nowhere(site: Site) -> None:
    token = add_token(site.open(), "firewall", "block attacks", "operations")
    found = find_token(site.open(), token)
    assert found
    assert (found.name, found.purpose) == ("firewall", "block attacks")
    written = b"".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert token.encode() not in written
    assert token.removeprefix("lethe_").encode() not in written


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token + "x", lambda _: "", lambda _: "é"])
def test_another_token_is_none(site: Site, change) -> None:
    token = add_token(site.open(), "firewall", "block attacks", "operations")
    assert find_token(site.open(), change(token)) is None


def test_a_removed_token_opens_nothing(site: Site) -> None:
    token = add_token(site.open(), "firewall", "block attacks", "operations")
    remove_token(site.open(), "firewall", "operations")
    assert find_token(site.open(), token) is None
    assert all_tokens(site.open()) == []


@pytest.mark.parametrize(
    ("name", "purpose"),
    [("../keys", "x"), ("Firewall", "x"), ("", "x"), ("a b", "x"), ("firewall", " "), ("firewall", "for 192.0.2.1")],
)
def test_a_wrong_name_or_purpose_is_a_sentence_and_leaves_nothing(site: Site, name: str, purpose: str) -> None:
    with pytest.raises(RefusedError) as refused:
        add_token(site.open(), name, purpose, "operations")
    assert "192.0.2" not in str(refused.value)
    assert all_tokens(site.open()) == []


def test_two_tokens_have_two_names(site: Site) -> None:
    add_token(site.open(), "firewall", "block attacks", "operations")
    with pytest.raises(RefusedError, match="there is a token firewall already"):
        add_token(site.open(), "firewall", "block attacks", "operations")
    with pytest.raises(RefusedError, match="no token of that name"):
        remove_token(site.open(), "monitor", "operations")


def test_the_command_shows_the_token_once(site: Site) -> None:
    def lethe(*words: str) -> Done:
        return run_lethe("token", *words, "--policy", site.policy)

    added = lethe("add", "firewall", "--purpose", "block attacks")
    token = added.stdout.strip()
    assert find_token(site.open(), token)
    listed = lethe("list")
    assert "firewall" in listed.stdout
    assert token not in listed.stdout
    assert lethe("remove", "firewall").returncode == 0
    assert lethe("remove", "firewall").returncode == 1
