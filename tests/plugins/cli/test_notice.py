"""`lethe notice` and `lethe policy diff`, as somebody types them."""

from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from plugins.cli.notice import notice
from plugins.cli.policy import policy_app
from schemas.refusals import RefusedError
from tests.plugins.notice.test_archive import ANSWERED

app = typer.Typer()
app.command()(notice)
STILL = ANSWERED.replace("until = 2026-12-31", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(STILL)
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if isinstance(result.exception, RefusedError):
        raise result.exception
    return result


def test_the_notice_is_in_bokmal_unless_english_is_asked_for(file: Path) -> None:
    assert run("--policy", file).stdout.startswith("# Besøkslogger på www.example.org\n")
    assert run("--policy", file, "--language", "en").stdout.startswith("# Visit logs of www.example.org\n")
    assert run("--policy", file, "--language", "de").exit_code == 2


def test_the_record_and_html_are_for_whom_asks(file: Path) -> None:
    record = run("--policy", file, "--language", "en", "--article-30").stdout
    assert "## Security measures" in record
    html = run("--policy", file, "--as", "html").stdout
    assert html.startswith('<section lang="nb">\n<h2>')
    assert html.endswith("</section>\n")


def test_it_is_written_to_a_file(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "notice.md"
    assert run("--policy", file, "--out", out).stdout == f"written: {out}\n"
    assert out.read_text("utf-8") == run("--policy", file).stdout


def test_without_a_controller_the_notice_is_refused_and_says_what_to_write(file: Path) -> None:
    file.write_text("")
    with pytest.raises(RefusedError, match=r"\[controller\] name is missing; write whose notice this is, such as"):
        run("--policy", file)
    said = CliRunner().invoke(policy_app, ["check", str(file)])
    assert said.exit_code == 0
    assert "For lethe notice: [controller] contact is missing; write" in said.stdout
    assert "nobody answers for controller, logs, basis" in said.stdout
    assert "For lethe notice" not in CliRunner().invoke(policy_app, ["check", str(write(file, STILL))]).stdout


def test_a_diff_says_what_changes_when_and_in_which_words(file: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new.toml", STILL + '[keep]\nstatistics = "P36M"\n')
    result = CliRunner().invoke(policy_app, ["diff", str(file), str(new)])
    assert result.stdout.splitlines() == [
        'keep.statistics: "P25M" → "P36M"; longer: it counts only for days that begin from now on; nothing comes back',
        "",
        "The notice and the record in bokmål:",
        "- Statistikk uten adresser lagres i 25 måneder. ✓ kontroll: keep",
        "+ Statistikk uten adresser lagres i 36 måneder. ✓ kontroll: keep",
        "",
        "The notice and the record in English:",
        "- Statistics without addresses are kept for 25 months. ✓ check: keep",
        "+ Statistics without addresses are kept for 36 months. ✓ check: keep",
    ]
    assert CliRunner().invoke(policy_app, ["diff", str(file), str(file)]).stdout == "Nothing changes.\n"


def test_a_policy_that_breaks_the_promise_is_refused_by_the_diff_too(file: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new.toml", '[keep]\nbackups = "P2M"\n')
    result = CliRunner().invoke(policy_app, ["diff", str(file), str(new)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "since the notice promises" in result.stderr


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
