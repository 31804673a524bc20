"""The policy as a file on disk."""

from pathlib import Path

from schemas.policy import Policy, PolicyError, load_policy


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
    return load_policy(text, str(path))
