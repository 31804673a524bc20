"""What else reads a web log for attackers, where it is installed: fail2ban's filters, and CrowdSec in replay."""

import re
import shutil
from pathlib import Path
from typing import Final

FAIL2BAN: Final = "fail2ban-regex"
CROWDSEC: Final = "crowdsec"
FILTERS: Final = ("apache-badbots", "nginx-botsearch", "nginx-bad-request", "php-url-fopen")  # those of access logs
COLLECTIONS: Final = ("nginx", "apache2", "base-http-scenarios", "http-cve")
PARSERS: Final = {
    "s00-raw": ("syslog-logs",),
    "s01-parse": ("nginx-logs", "apache2-logs"),
    "s02-enrich": ("dateparse-enrich", "http-logs"),
}
CONFIG: Final = """\
common: {{daemonize: false, log_media: stdout, log_level: error, working_dir: .}}
config_paths: {{config_dir: {0}, data_dir: {0}/data, simulation_path: {0}/simulation.yaml, hub_dir: {1},
  index_path: {1}/.index.json, notification_dir: {0}, plugin_dir: {0}}}
crowdsec_service: {{acquisition_path: {0}/acquis.yaml, parser_routines: 1}}
cscli: {{output: human}}
db_config: {{type: sqlite, db_path: {0}/data/crowdsec.db, log_level: error}}
api:
  client: {{credentials_path: {0}/credentials.yaml}}
  server: {{listen_uri: "127.0.0.1:18089", profiles_path: {0}/profiles.yaml, log_level: error}}
prometheus: {{enabled: false}}
"""
PROFILE: Final = """\
name: ban
filters: ["true"]
decisions: [{type: ban, duration: 4h}]
on_success: break
"""


def fail2ban(log: Path) -> dict[str, list[str]]:
    """A command for each filter; none where fail2ban is not installed."""
    if not shutil.which(FAIL2BAN):
        return {}
    return {name: [FAIL2BAN, str(log), f"/etc/fail2ban/filter.d/{name}.conf"] for name in FILTERS}


def crowdsec(log: Path, folder: Path) -> list[list[str]]:
    """What has to run once, and the replay; in a configuration of its own, with the scenarios that Debian ships."""
    if not (found := shutil.which(CROWDSEC)):
        return []
    share = Path(found).resolve().parents[1] / "share" / "crowdsec"
    shutil.copytree(share / "data", folder / "data")
    _link_parsers(share / "hub", folder)
    _link_scenarios(share / "hub", folder)
    for name in ("acquis.yaml", "credentials.yaml", "simulation.yaml"):
        (folder / name).touch()
    (folder / "profiles.yaml").write_text(PROFILE, encoding="utf-8")
    shutil.copytree(_patterns(share), folder / "patterns")
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(folder, share / "hub"), encoding="utf-8")
    register = ["cscli", "-c", str(config), "machines", "add", "bench", "--auto"]
    return [register, [CROWDSEC, "-c", str(config), "-dsn", f"file://{log}", "-type", "nginx"]]


def _patterns(share: Path) -> Path:
    return share.parents[2] / "etc" / "crowdsec" / "patterns"


def _link_parsers(hub: Path, folder: Path) -> None:
    for stage, names in PARSERS.items():
        (folder / "parsers" / stage).mkdir(parents=True)
        for name in names:
            (folder / "parsers" / stage / f"{name}.yaml").symlink_to(
                hub / "parsers" / stage / "crowdsecurity" / f"{name}.yaml"
            )


def _link_scenarios(hub: Path, folder: Path) -> None:
    """Those of the collections, and the lists they read under the names by which they ask for them."""
    (folder / "scenarios").mkdir()
    collections = [(hub / "collections/crowdsecurity" / f"{name}.yaml").read_text() for name in COLLECTIONS]
    named = {name for text in collections for name in re.findall(r"- ([\w-]+/[\w.-]+)", text)}
    for file in (hub / "scenarios" / f"{name}.yaml" for name in sorted(named)):
        if file.exists():
            (folder / "scenarios" / file.name).symlink_to(file)
            for source, name in re.findall(r"source_url: \S+/(\S+)\s+dest_file: (\S+)", file.read_text()):
                if source != name:
                    shutil.copy(folder / "data" / source, folder / "data" / name)
