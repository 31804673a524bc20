"""The page for who is banned: plain, in two languages, asking nothing of anybody."""

import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plugins.blocklist.page.making import make_kit
from plugins.cli.app import app
from plugins.policy_file import read_policy
from schemas.refusals import RefusedError
from tests.stores import POLICY

PAGES = ("blocked.html", "blocked-nginx.html", "blocked-apache.html", "blocked-haproxy.html")
SETTINGS = ("nginx-http.conf", "nginx-server.conf", "apache.conf", "haproxy.cfg")


def kit(folder: Path, contact: str = "it@example.org") -> dict[str, str]:
    policy = folder / "policy.toml"
    policy.write_text(f"{POLICY}\n[controller]\ncontact = '{contact}'\n", encoding="utf-8")
    return dict(make_kit(read_policy(policy), folder / "kit"))


def test_each_page_is_small_and_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    made = kit(tmp_path)
    assert sorted(made) == sorted((*PAGES, *SETTINGS))
    for name in PAGES:
        page = made[name]
        assert len(page.encode()) < 10_000
        assert page.startswith("<!doctype html>")
        assert not re.search(r"<script|<link|<img|src=|@import|url\(|https?://|\bon\w+=\"", page)
        assert {'lang="nb"', 'lang="en"'} <= set(re.findall(r'lang="\w+"', page))
        assert "color-scheme" in page


def test_it_says_that_an_address_is_no_person_and_nobody_is_accused(tmp_path: Path) -> None:
    page = kit(tmp_path)["blocked.html"]
    assert "sier ikke at du har gjort noe galt" in page
    assert "does not say that you did anything wrong" in page
    assert "Referanse" not in page, "who has no handle is not asked for one"


@pytest.mark.parametrize("name", PAGES[1:])
def test_the_handle_stands_in_both_languages_and_in_the_subject_of_a_mail(name: str, tmp_path: Path) -> None:
    page = kit(tmp_path)[name]
    handle = re.findall(r"<dt>Reference</dt><dd>(.+?)</dd>", page)[0]
    assert page.count(handle) == 4
    percent = "%%20" if "haproxy" in name else "%20"
    assert f"subject=Sperret{percent}{handle}" in page
    assert "@0@" not in page


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("it@example.org", '<a href="mailto:it@example.org?subject=Blocked%20'),
        ("https://example.org/contact", '<a href="https://example.org/contact">'),
        ("IT, telephone 12 34", "write to IT, telephone 12 34 and"),
        ('"><script>alert(1)</script>', "write to &#34;&gt;&lt;script&gt;"),
    ],
)
def test_whom_to_ask_is_a_mail_a_link_or_words(contact: str, shown: str, tmp_path: Path) -> None:
    assert shown in kit(tmp_path, contact)["blocked-nginx.html"]


def test_signs_that_mean_something_to_a_server_break_no_page(tmp_path: Path) -> None:
    made = kit(tmp_path, "100% us, %[src]")
    assert "100% us, %[src]" in made["blocked.html"]
    assert "100%% us, %%[src]" in made["blocked-haproxy.html"]


def test_without_a_contact_it_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="contact is empty"):
        kit(tmp_path, contact="")


def test_the_command_writes_files_that_a_server_may_read(tmp_path: Path) -> None:
    kit(tmp_path)
    out = tmp_path / "for servers"
    done = CliRunner().invoke(app, ["block-page", "--out", str(out), "--policy", str(tmp_path / "policy.toml")])
    assert done.exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == sorted((*PAGES, *SETTINGS))
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o644}
    assert f'"{out}/blocked-nginx.html"' in (out / "nginx-server.conf").read_text()
