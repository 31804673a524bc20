import pytest
from typer.testing import CliRunner

from plugins.cli.policy import policy_app
from plugins.policy_file import read_policy
from schemas.policy import Policy, PolicyError


def check(*arguments):
    return CliRunner().invoke(policy_app, ["check", *map(str, arguments)])


def test_a_good_policy_is_told_in_words(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text('[keep]\nsecurity_window = "P10D"\n')
    result = check(file)
    assert result.exit_code == 0
    assert "unreadable 10 days after that day began" in result.stdout
    assert result.stderr == ""


def test_each_wrong_value_is_a_line_on_stderr(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text('[keep]\nbackups = "P2M"\n[statistics]\nsmallest_group = 0\n')
    result = check(file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["keep.backups", "statistics.smallest_group"]


def test_without_a_name_the_policy_here_is_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = check()
    assert (result.exit_code, result.stderr) == (1, "policy.toml: there is no such file\n")


def test_a_folder_and_a_binary_are_refused_in_a_sentence(tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x1f\x8b\xff")
    assert check(tmp_path).stderr == f"{tmp_path}: this is a folder, not a policy file\n"
    assert check(binary).stderr == f"{binary}: this is not UTF-8 text, so no policy file\n"
    assert check(binary).exit_code == 1


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def forbidden(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", forbidden)  # root may read everything
    with pytest.raises(PolicyError, match=r"cannot be read \(Permission denied\)"):
        read_policy(tmp_path / "policy.toml")


def test_a_byte_order_mark_is_no_syntax_error(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_bytes(b"\xef\xbb\xbf[keep]\r\n")
    assert read_policy(file) == Policy()


def test_no_file_is_the_default_policy():
    assert read_policy(None) == Policy()


def test_a_directive_that_no_server_knows_is_named_with_its_log(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text('[[logs]]\nname = "shop"\nformat = "%h %t %r %Z"\n')
    result = check(file)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{file}: logs.shop.format: the format string has %Z, ")


def test_country_data_beside_the_policy_is_found_from_any_folder(tmp_path):
    (tmp_path / "policy.toml").write_text('[places]\ncountry_data = "countries.mmdb"\n')
    assert read_policy(tmp_path / "policy.toml").places.country_data == str(tmp_path / "countries.mmdb")
    (tmp_path / "policy.toml").write_text('[places]\ncountry_data = "/srv/countries.mmdb"\n')
    assert read_policy(tmp_path / "policy.toml").places.country_data == "/srv/countries.mmdb"
