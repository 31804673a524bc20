"""The files of a log, wherever its policy says that they lie."""

from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from plugins.logs.local import Local, local_files
from plugins.logs.origins import ASIDE, REMOTE, Origin, OutOfReachError, before_aside, folder_and_name
from schemas.policy_model import Log


def find_files(log: Log, base: Path, unreached: dict[str, str] | None = None) -> list[tuple[str, Origin]]:
    """(access or error, file) of each file of a log, sorted by name; a file counts once.

    Patterns that are out of reach go into `unreached` with a sentence each, and hide nothing of the others.
    """
    found: dict[str, tuple[str, Origin]] = {}
    for kind, patterns in (("access", log.access), ("error", log.error)):
        of_kind: dict[str, Origin] = {}
        for pattern in patterns:
            try:
                of_kind.update((origin.name, origin) for origin in _fitting(pattern, base))
            except OutOfReachError as error:
                if unreached is not None:
                    unreached[pattern] = str(error)
        found.update((name, (kind, of_kind[name])) for name in sorted(of_kind.keys() - found.keys()))
    return list(found.values())


def left_aside(log: Log, base: Path) -> Iterator[tuple[str, Origin]]:
    """(access or error, file) of what a killed removal had renamed, also where nothing else is left of a log."""
    for kind, patterns in (("access", log.access), ("error", log.error)):
        for pattern in patterns:
            folder, wanted = folder_and_name(pattern)
            if folder.startswith("s3://"):
                continue
            with suppress(OutOfReachError):  # which whoever looks for its files is told
                for origin in _fitting(f"{folder}/{ASIDE}*" if folder else f"{ASIDE}*", base):
                    if fnmatch(folder_and_name(before_aside(origin.name))[1], wanted):
                        yield kind, origin


def find_file(name: str) -> Origin:
    """The file that had this name when it was found."""
    scheme = REMOTE.match(name)
    if not scheme:
        return Local(Path(name))
    if scheme[1] == "s3":
        from plugins.logs.buckets import object_of  # noqa: PLC0415 - boto3 takes a second, and most logs are files

        return object_of(name)
    from plugins.logs.sftp import remote_file  # noqa: PLC0415 - as above

    return remote_file(name)


def _fitting(pattern: str, base: Path) -> Iterator[Origin]:
    scheme = REMOTE.match(pattern)
    if not scheme:
        return local_files(base / pattern)
    if scheme[1] == "s3":
        from plugins.logs.buckets import objects_in  # noqa: PLC0415 - as above

        return objects_in(pattern)
    from plugins.logs.sftp import remote_files  # noqa: PLC0415 - as above

    return remote_files(pattern)
