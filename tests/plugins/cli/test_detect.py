"""`lethe detect-format`: what, how sure, why and what to write; never a line of the log."""

import re
from pathlib import Path

import pytest

from plugins.cli.detect import detect_format
from schemas.refusals import RefusedError
from transforms.parsing.naming import named_layout

LINE = (
    '192.0.2.77 - - [10/Oct/2000:13:55:36 -0700] "GET /secret-path?q=%d HTTP/1.1" 200 2326'
    ' "http://example.net/x" "Firefox"'
)
ERROR = "2026/11/23 05:01:02 [error] 1#0: *5 message, client: 192.0.2.77, server: example.org"


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "access.log"
    path.write_text("\n".join(lines) + "\n")
    return path


def combined(count: int, behind: str = "") -> list[str]:
    return [LINE % number + behind for number in range(count)]


def said(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    detect_format([path])
    return capsys.readouterr().out


def policy_line(text: str) -> str:
    found = re.search(r"^ *policy +(.*)$", text, re.MULTILINE)
    assert found
    return found[1]


def test_a_log_of_one_format_is_named_with_what_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(written(tmp_path, *combined(50)), capsys)
    assert policy_line(text) == 'format = "combined"'
    assert "100.0% of the first 50 lines" in text


def test_nothing_of_the_log_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for lines in (combined(20), [ERROR] * 20, combined(20, " 0.001")):
        text = said(written(tmp_path, *lines, "noise"), capsys)
        assert not re.search(r"192\.0\.2|secret-path|example\.net|Firefox|noise", text)
    for lines in (["192.0.2.77 secret-path"] * 20, combined(5) + ["192.0.2.77 secret-path"] * 5):
        with pytest.raises(RefusedError) as refusal:
            detect_format([written(tmp_path, *lines)])
        assert not re.search(r"192\.0\.2|secret-path|example\.net", str(refusal.value))


def test_what_it_says_can_be_written_into_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for behind, wanted in ((" 0.001", "$request_time"), (' "198.51.100.7"', "$http_x_forwarded_for")):
        key, _, value = policy_line(said(written(tmp_path, *combined(30, behind)), capsys)).partition(" = ")
        assert key == "format"
        assert wanted in value
        assert named_layout(value.strip("'")).read((LINE % 1 + behind).encode()) is not None


def test_an_error_log_has_an_error_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert policy_line(said(written(tmp_path, *[ERROR] * 5), capsys)) == 'error_format = "nginx_error"'


def test_a_log_of_two_formats_is_to_be_detected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(written(tmp_path, *combined(20), *[line.split(' "http')[0] for line in combined(10)]), capsys)
    assert "combined (20), common (10)" in text
    assert policy_line(text) == 'format = "detect"'


@pytest.mark.parametrize(
    ("numbers", "directive"),
    [
        ([15_000, 250_000, 3_000] * 10, "%D"),
        ([0, 0, 0, 1, 7] * 10, "%T"),
        (["0.001", "0.250"] * 10, "$request_time"),
    ],
)
def test_the_unit_of_a_duration_is_told_by_its_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], numbers: list[object], directive: str
) -> None:
    lines = [LINE % 1 + f" {number}" for number in numbers]
    assert policy_line(said(written(tmp_path, *lines), capsys)).endswith(f"{directive}'")


@pytest.mark.parametrize("numbers", [[12, 250, 0, 33] * 10, [15_000] * 3])
def test_a_unit_that_cannot_be_told_is_refused_with_what_it_could_be(tmp_path: Path, numbers: list[int]) -> None:
    path = written(tmp_path, *[LINE % 1 + f" {number}" for number in numbers])
    with pytest.raises(RefusedError, match=r"%D.*%\{ms\}T.*%T"):
        detect_format([path])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (combined(10) + ["noise"] * 5, "only 67%"),
        (["noise"] * 5, "only 0 of the first 5"),
        ([""], "blank lines"),
        (['{"a": 1}'] * 5, "a map of its keys"),
        (combined(10, ' "session=abc"'), "only 0 of the first 10"),
    ],
)
def test_it_refuses_when_it_is_not_sure(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        detect_format([written(tmp_path, *lines)])


def test_the_other_files_are_described_before_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.log"
    other.write_text("noise\n")
    with pytest.raises(RefusedError, match=r"other\.log"):
        detect_format([other, written(tmp_path, *combined(5))])
    assert policy_line(capsys.readouterr().out) == 'format = "combined"'
