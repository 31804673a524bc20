"""How a connection is found, and which names fit a pattern where no shell is at hand."""

import json
from glob import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.logs.connections import Connection, find_connection
from plugins.logs.patterns import cut_pattern, fits
from schemas.refusals import RefusedError


@pytest.mark.parametrize(
    "written",
    [
        "sftp://le%40the:p%2Fw@web2.example.org:2222/?key_file=%2Fetc%2Fkey",
        "sftp://le%40the:p%2Fw@web2.example.org:2222/?__extra__=%7B%22key_file%22%3A+%22%2Fetc%2Fkey%22%7D",
        json.dumps(
            {
                "conn_type": "sftp",
                "host": "web2.example.org",
                "port": 2222,
                "login": "le@the",
                "password": "p/w",
                "extra": {"key_file": "/etc/key"},
            }
        ),
        json.dumps(
            {
                "host": "web2.example.org",
                "port": "2222",
                "login": "le@the",
                "password": "p/w",
                "extra": '{"key_file": "/etc/key"}',
            }
        ),
    ],
    ids=["URI", "URI with all extra in one", "JSON", "JSON with extra as text"],
)
def test_the_environment_gives_a_connection_as_airflow_writes_it(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WEB2", written)
    found = find_connection("web2")
    assert found == Connection("web2.example.org", 2222, "le@the", "p/w", {"key_file": "/etc/key"})
    assert "p/w" not in repr(found)


@pytest.mark.parametrize("written", ["{", '{"port": "x"}', "sftp://h:port/", '{"extra": "{"}'])
def test_a_connection_that_cannot_be_read_is_told_without_its_content(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WEB2", written)
    with pytest.raises(RefusedError, match=r"^connection web2 cannot be read; write it as JSON or as a URI"):
        find_connection("web2")


def test_airflow_is_asked_where_it_runs_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import airflow.sdk  # noqa: F401, PLC0415 - as in a task

    monkeypatch.delenv("AIRFLOW_CONN_WEB2", raising=False)
    assert find_connection("web2") is None


@pytest.mark.parametrize(
    ("pattern", "begin", "rest"),
    [
        ("a/b", "a/b", ""),
        ("a/b*/c", "a/b", "*/c"),
        ("a[*]b?c", "a*b", "?c"),
        ("a[[]1[?]", "a[1?", ""),
        ("[ab]c", "", "[ab]c"),
    ],
)
def test_a_pattern_is_cut_at_its_first_sign(pattern: str, begin: str, rest: str) -> None:
    assert cut_pattern(pattern) == (begin, rest)


@given(st.text(min_size=1).filter(lambda name: not any(part.startswith(".") for part in name.split("/"))))
def test_every_name_fits_itself_when_it_is_escaped(name: str) -> None:
    assert fits(name, escape(name))
    assert cut_pattern(escape(name)) == (name, "")
