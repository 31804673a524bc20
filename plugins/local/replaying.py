"""A replay: logs of the past in a store of their own, whose clock stands at their newest line."""

import json
import shlex
import shutil
import tomllib
from datetime import datetime
from glob import escape, glob
from pathlib import Path
from typing import Any, Final

from plugins.local.home import ROOT, Home
from plugins.policy_file import read_policy
from plugins.steps.replaying import begin_replay
from schemas.refusals import RefusedError

OWN: Final = {"store": "store", "keys": "keys", "key_mirror": "keys-mirror", "backups": "backups"}
HOW_TO_READ: Final = ("format", "error_format", "timezone", "trusted_proxies")


def named_files(words: str) -> list[Path]:
    """The files that these words name, as a shell would read them; RefusedError where one is not there."""
    found: list[Path] = []
    for word in shlex.split(words):
        paths = sorted(glob(word)) or [word]  # noqa: PTH207 - may be absolute
        found += [Path(path).absolute() for path in paths]
    if folders := [path for path in found if path.is_dir()]:
        raise RefusedError(f"{folders[0]} is a folder; name the log files in it, such as {folders[0]}/access.log*")
    if missing := [path for path in found if not path.is_file()]:
        raise RefusedError(f"{missing[0]}: there is no such file; LOGS and ERRORS name log files")
    return list(dict.fromkeys(found))


def prepare_replay(home: Home, logs: list[Path], errors: list[Path], policy: Path | None) -> datetime:
    """Write the policy of a replay of these files, and begin it; another replay that was there goes first."""
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = replay_policy(logs, errors, policy)
    if not home.policy.exists() or home.policy.read_text(encoding="utf-8") != text:
        for name in OWN.values():
            shutil.rmtree(home.folder / name, ignore_errors=True)
        home.policy.write_text(text, encoding="utf-8")
    return begin_replay(home.policy)


def replay_policy(logs: list[Path], errors: list[Path], policy: Path | None) -> str:
    """The text of a policy (or of the default one) with these files as its only log, and places of its own.

    Of a policy's own logs, the first one says how to read the files; else their layout is found.
    """
    origin = policy or ROOT / "policy.toml"
    read_policy(origin)  # says what is wrong with it
    raw = tomllib.loads(origin.read_text(encoding="utf-8-sig"))
    countries = raw.get("places", {}).get("country_data", "")
    raw["places"] = OWN | {"country_data": str(origin.absolute().parent / countries) if countries else ""}
    log = {"name": "replay", "access": _patterns(logs), "error": _patterns(errors), "format": "detect"}
    first = raw.get("logs", [{}])[0] if policy else {}
    raw["logs"] = [log | {key: first[key] for key in HOW_TO_READ if key in first}]
    return "\n".join(_section(name, table) for name, table in raw.items())


def _patterns(files: list[Path]) -> list[str]:
    """A file's name is no pattern, whatever characters it has."""
    return [escape(str(file)) for file in files]


def _section(name: str, table: dict[str, Any] | list[dict[str, Any]]) -> str:
    """A flat table, or several, in TOML; its strings are written as those of JSON."""
    if isinstance(table, list):
        return "\n".join(_section(f"[{name}]", one) for one in table)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    return "\n".join([f"[{name}]", *lines, ""])
