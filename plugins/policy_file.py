"""The policy as a file on disk."""

import os
from collections.abc import Iterator
from pathlib import Path

from schemas.policy import Policy, PolicyError, load_policy
from schemas.refusals import FormatError
from transforms.parsing.naming import error_layouts, named_layout


def installed_policy() -> Path:
    """Where the policy of this installation is: what LETHE_POLICY names, else `policy.toml` beside `plugins/`."""
    named = os.environ.get("LETHE_POLICY")
    return Path(named) if named else Path(__file__).parents[1] / "policy.toml"


def read_policy(path: Path | None) -> Policy:
    """The policy of a file, or the default policy for None.

    Raises PolicyError with one sentence for a file that cannot be read, else one for each wrong value.
    """
    if path is None:
        return Policy()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PolicyError([f"{path}: there is no such file"]) from None
    except IsADirectoryError:
        raise PolicyError([f"{path}: this is a folder, not a policy file"]) from None
    except UnicodeDecodeError:
        raise PolicyError([f"{path}: this is not UTF-8 text, so no policy file"]) from None
    except OSError as error:
        raise PolicyError([f"{path}: cannot be read ({error.strerror})"]) from None
    policy = load_policy(text, str(path))
    if problems := [*_unknown_directives(policy)]:
        raise PolicyError([f"{path}: {problem}" for problem in problems])
    return _with_own_files(policy, path.absolute().parent)


def _with_own_files(policy: Policy, base: Path) -> Policy:
    """Relative paths begin at the policy's folder, also those of data and scenarios."""
    named = {key: getattr(policy.places, key) for key in ("country_data", "network_data", "scenarios")}
    places = policy.places.model_copy(update={key: str(base / path) for key, path in named.items() if path})
    return policy.model_copy(update={"places": places})


def _unknown_directives(policy: Policy) -> Iterator[str]:
    for log in policy.logs:
        try:
            if log.format != "detect":
                named_layout(log.format)
        except FormatError as error:
            yield f"logs.{log.name}.format: {error}"
        try:
            error_layouts(log.error_format)
        except FormatError as error:
            yield f"logs.{log.name}.error_format: {error}"
