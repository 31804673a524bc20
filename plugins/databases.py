"""What the policy names to look addresses up in: files in MaxMind's format."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import NamedTuple

import maxminddb

from schemas.policy import Policy
from schemas.refusals import RefusedError
from transforms.detection.count import OwnerOf
from transforms.enriching.owners import look_up_owner


class Databases(NamedTuple):
    """Each is None where the policy names no file for it."""

    country_reader: maxminddb.Reader | None
    owner_of: OwnerOf | None


@contextmanager
def open_databases(policy: Policy) -> Iterator[Databases]:
    """Both databases; RefusedError for a file that is not there, or is none."""
    with ExitStack() as stack:
        countries, networks = (
            stack.enter_context(closing(_open(key, path))) if (path := getattr(policy.places, key)) else None
            for key in ("country_data", "network_data")
        )
        yield Databases(countries, partial(look_up_owner, reader=networks) if networks else None)


def _open(key: str, path: str) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)
    except FileNotFoundError:
        raise RefusedError(f"places.{key}: {path} does not exist; name a .mmdb file or leave it empty") from None
    except (maxminddb.InvalidDatabaseError, OSError):
        raise RefusedError(f"places.{key}: {path} cannot be read as a MaxMind database (.mmdb)") from None
