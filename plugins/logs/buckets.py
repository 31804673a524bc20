"""Log files in an object store: `s3://bucket/key`, or `s3://connection@bucket/key` with an Airflow connection.

Without a connection, endpoint and credentials are those of the AWS settings of this user, as for the store itself.
"""

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from plugins.logs.connections import VARIABLE, find_connection
from plugins.logs.origins import (
    ExchangedError,
    Look,
    OutOfReachError,
    fetched_stream,
    folder_and_name,
    number_of,
    within_reach,
)
from plugins.logs.patterns import cut_pattern, fits
from plugins.store.bucket import Bucket, open_client
from plugins.store.bucket_faults import in_a_sentence
from schemas.refusals import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADDRESS: Final = re.compile(r"(s3://(?:([\w.-]+)@)?([A-Za-z0-9._-]{3,63}))/(.+)", re.DOTALL)
TIMEOUT: Final = 30.0  # seconds without a byte
ATTEMPTS: Final = 5  # where the store says to slow down, too
TRIES: Final = 3  # for an answer that breaks off, which boto does not try again
CHANGED: Final = (404, 412, 416)  # no such key; another ETag; not so long any more


class Object:
    """The newest version of a key, as it was when it was listed or first looked at."""

    def __init__(self, client: "S3Client", where: str, key: str, seen: tuple[str, Look] | None = None) -> None:
        self.client, self.where, self.key = client, where, key
        self.bucket = where.removeprefix("s3://").rpartition("@")[2]
        self._seen = seen  # with its ETag

    @property
    def name(self) -> str:
        return f"{self.where}/{self.key}"

    def look(self) -> Look:
        return self._tagged()[1]

    def open(self, look: Look) -> io.BufferedReader:
        """Ranged requests, each for the content that was looked at."""
        tag, found = self._tagged()
        if found != look:
            raise ExchangedError(self.name)
        return fetched_stream(lambda begin, end: self._get(tag, begin, end), look.size)

    def neighbours(self) -> Mapping[str, float]:
        folder, _ = folder_and_name(self.key)
        prefix = f"{folder}/" if folder else ""
        looks = _list(self.client, self.where, prefix, one_folder=True)
        return {key.removeprefix(prefix): look.changed_at if look.size else 0.0 for key, (_, look) in looks}

    def is_free(self) -> bool:
        """Whoever writes an object writes it whole, in place of the one before."""
        return True

    def remove(self, look: Look) -> bool:
        """Every version and delete marker of the key, the newest one last: no older one comes back."""
        if Object(self.client, self.where, self.key).look() != look:
            return False
        place = Bucket(self.client, self.bucket)
        with _told(self.name):
            traces = [trace for trace in place.traces(self.key) if trace.name == self.key]
            for trace in sorted(traces, key=lambda trace: trace.is_newest):
                place.erase(trace)
        return True

    def put_back(self) -> None:
        """No key is ever set aside."""

    def _tagged(self) -> tuple[str, Look]:
        if not self._seen:
            with _told(self.name):
                head = self.client.head_object(Bucket=self.bucket, Key=self.key)
            tag = head["ETag"]
            self._seen = tag, _look(self.bucket, self.key, tag, head["ContentLength"], head["LastModified"])
        return self._seen

    def _get(self, tag: str, begin: int, end: int) -> bytes:
        wanted = f"bytes={begin}-{end - 1}"
        for tries_left in reversed(range(TRIES)):
            try:
                with _told(self.name):
                    answer = self.client.get_object(Bucket=self.bucket, Key=self.key, Range=wanted, IfMatch=tag)
                    return answer["Body"].read()
            except OutOfReachError:
                if not tries_left:
                    raise
        return b""


def objects_in(pattern: str) -> Iterator[Object]:
    """The keys that fit, of a listing of as little as the pattern allows."""
    client, where, wanted = _parts(pattern)
    prefix, rest = cut_pattern(wanted)
    for key, seen in _list(client, where, prefix, one_folder="/" not in rest):
        if fits(key, wanted) and not key.endswith("/"):
            yield Object(client, where, key, seen)


def object_of(name: str) -> Object:
    client, where, key = _parts(name)
    return Object(client, where, key)


def _parts(address: str) -> tuple["S3Client", str, str]:
    found = ADDRESS.fullmatch(address)
    if not found:
        raise OutOfReachError("a log in an object store is written s3://bucket/key, or s3://connection@bucket/key")
    where, connection, _, key = found.groups()
    settings = tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith(("AWS_", VARIABLE))))
    return _client(where, connection or "", settings), where, key


@lru_cache(maxsize=16)
def _client(where: str, connection: str, settings: tuple[tuple[str, str], ...]) -> "S3Client":
    """One for all files of a bucket, as long as what it is made of stays the same."""
    with _told(where):
        if not connection:
            return open_client(where, TIMEOUT, ATTEMPTS)
        known = find_connection(connection)
        if known is None:
            raise RefusedError(f"{where}: there is no connection {connection}; add it to Airflow, or set {VARIABLE}…")
        return open_client(
            where,
            TIMEOUT,
            ATTEMPTS,
            endpoint=known.extra.get("endpoint_url") or None,
            aws_access_key_id=known.login or None,
            aws_secret_access_key=known.password or None,
            aws_session_token=known.extra.get("aws_session_token"),
            region_name=known.extra.get("region_name"),
            profile_name=known.extra.get("profile_name"),
        )


def _list(client: "S3Client", where: str, prefix: str, one_folder: bool) -> Iterator[tuple[str, tuple[str, Look]]]:
    """Each key with its ETag and look: nothing need be asked of one that has not changed."""
    bucket = where.removeprefix("s3://").rpartition("@")[2]
    with _told(f"{where}/{prefix}"):
        pages = client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/" if one_folder else ""):
            if "Name" not in page:  # a sign-in page in between would read as an empty list
                raise ResponseParserError
            for one in page.get("Contents", ()):
                key, tag = one["Key"], one["ETag"]
                yield key, (tag, _look(bucket, key, tag, one["Size"], one["LastModified"]))


def _look(bucket: str, key: str, tag: str, size: int, changed: datetime) -> Look:
    """A key stays the same file while it grows, which gives it another ETag."""
    changed_at = changed.timestamp()
    return Look((number_of(f"{bucket}/{key}"), 0, size, number_of(f"{tag} {int(changed_at)}")), float(int(changed_at)))


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever goes wrong, as this log's own trouble; the sentences hold no secrets."""
    try:
        with within_reach(name), in_a_sentence(name):
            try:
                yield
            except boto.ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status in CHANGED and error.response["Error"]["Code"] != "NoSuchBucket":
                    raise ExchangedError(name) from None
                raise
    except (ExchangedError, OutOfReachError):
        raise
    except RefusedError as error:
        raise OutOfReachError(str(error)) from None
