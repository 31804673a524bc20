"""What the policy names to look addresses up in: files in MaxMind's format."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
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
    """Both; RefusedError for a file that is not there, or is none."""
    with open_countries(policy) as countries, open_owners(policy) as owner_of:
        yield Databases(countries, owner_of)


def open_countries(policy: Policy) -> "closing[maxminddb.Reader] | nullcontext[None]":
    """That of countries alone."""
    return _open("country_data", policy.places.country_data)


@contextmanager
def open_owners(policy: Policy) -> Iterator[OwnerOf | None]:
    """That of networks alone."""
    with _open("network_data", policy.places.network_data) as reader:
        yield partial(look_up_owner, reader=reader) if reader else None


def _open(key: str, path: str) -> "closing[maxminddb.Reader] | nullcontext[None]":
    if not path:
        return nullcontext()
    try:
        return closing(maxminddb.open_database(path))
    except FileNotFoundError:
        raise RefusedError(f"places.{key}: {path} does not exist; name a .mmdb file or leave it empty") from None
    except (maxminddb.InvalidDatabaseError, OSError):
        raise RefusedError(f"places.{key}: {path} cannot be read as a MaxMind database (.mmdb)") from None
