"""The door to an object store: a bucket of S3, or of a server that speaks its protocol, as a place."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from errno import ENOENT
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from boto3.session import Session
from botocore import exceptions as boto
from botocore.config import Config
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from plugins.store.bucket_faults import in_a_sentence
from plugins.store.door import ABANDONED, NAME, Trace, check_name
from schemas.refusals import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Page = TypeVar("Page", bound=Mapping[str, Any])
URL: Final = re.compile(rf"s3://([A-Za-z0-9._-]{{3,63}})(?:/({NAME.pattern}))?/?")
TIMEOUT: Final = 60.0  # seconds without a byte
ATTEMPTS: Final = 3
NO_VERSIONS: Final = (405, 501)  # of servers that do not list versions
LOADER: Final = Loader()  # what boto knows of the protocol, which every client would else read from disk again


class Bucket:
    """A place in an object store: the objects below `prefix`. A bucket that does not exist is a RefusedError."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "") -> None:
        self.client = client
        self.bucket = bucket
        self.root = f"{check_name(prefix)}/" if prefix else ""
        self.where = f"s3://{bucket}/{prefix}".rstrip("/")

    def put(self, name: str, content: bytes) -> None:
        """One request, which the store carries out whole or not at all."""
        key = self._key(name)
        with in_a_sentence(f"{self.where}/{name}"):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def remove(self, name: str) -> None:
        """Every version and delete marker, the current one last: broken off halfway, no older one comes back."""
        key = self._key(name)
        with in_a_sentence(f"{self.where}/{name}"):
            versions = self._versions(key)
            for version in versions:
                self.client.delete_object(Bucket=self.bucket, Key=key, VersionId=version)
            if not versions and name in self.names(name):
                self.client.delete_object(Bucket=self.bucket, Key=key)

    def get(self, name: str) -> bytes:
        key = self._key(name)
        with in_a_sentence(f"{self.where}/{name}"):
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def names(self, prefix: str = "") -> Iterator[str]:
        return (name for name, _ in self.stamps(prefix))

    def stamps(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """The ETag is another one for other content, RFC 9110 §8.8.3."""
        with in_a_sentence(self.where):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.root + prefix):
                found = ((item["Key"], item["ETag"]) for item in _check_page(page).get("Contents", ()))
                yield from (
                    (self._name(key), tag) for key, tag in found if not key.endswith("/")
                )  # a console's folders

    def traces(self, prefix: str = "") -> Iterator[Trace]:
        """Versions and delete markers, also where nothing of the name can be read any more, and unfinished uploads."""
        with in_a_sentence(self.where):
            pages = self._version_pages(self.root + prefix)
            if pages is None:
                yield from (Trace(name, "object") for name in self.names(prefix))
            for page in pages or ():
                versions, markers = page.get("Versions", ()), page.get("DeleteMarkers", ())
                for one in versions:
                    kind: Literal["object", "version"] = "object" if one["IsLatest"] else "version"
                    yield Trace(self._name(one["Key"]), kind, one["VersionId"], one["IsLatest"])
                for one in markers:
                    yield Trace(self._name(one["Key"]), "marker", one["VersionId"], one["IsLatest"])
            for upload in self._uploads(self.root + prefix):
                yield Trace(self._name(upload["Key"]), "unfinished", upload["UploadId"], is_newest=False)

    def read(self, trace: Trace) -> bytes:
        """Of markers and of unfinished uploads nobody can read any bytes."""
        if trace.kind in ("marker", "unfinished"):
            raise FileNotFoundError(ENOENT, "it has no bytes", f"{self.where}/{trace.name}")
        key = self.root + trace.name
        with in_a_sentence(f"{self.where}/{trace.name}"):
            if trace.version:
                return self.client.get_object(Bucket=self.bucket, Key=key, VersionId=trace.version)["Body"].read()
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def erase(self, trace: Trace) -> None:
        key = self.root + trace.name
        with in_a_sentence(f"{self.where}/{trace.name}"):
            if trace.kind == "unfinished":
                self._abort(key, trace.version)
            elif trace.version:
                self.client.delete_object(Bucket=self.bucket, Key=key, VersionId=trace.version)
            else:
                self.client.delete_object(Bucket=self.bucket, Key=key)

    def clock(self) -> datetime | None:
        """The Date header of an answer, be it that this machine's clock is too wrong to be served."""
        with in_a_sentence(self.where):
            try:
                answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.root, MaxKeys=1)
                headers = answer["ResponseMetadata"]["HTTPHeaders"]
            except boto.ClientError as error:
                if error.response["Error"]["Code"] != "RequestTimeTooSkewed":
                    raise
                headers = error.response["ResponseMetadata"]["HTTPHeaders"]
        return _read_date(headers.get("date", ""))

    def sweep(self) -> int:
        """Abort uploads in parts that others began an hour ago or longer; a single request leaves no halves.

        Whoever may not list them has made none.
        """
        long_ago = datetime.now(UTC) - timedelta(seconds=ABANDONED)
        with suppress(PermissionError), in_a_sentence(self.where):
            left = [upload for upload in self._uploads(self.root) if upload["Initiated"] < long_ago]
            for upload in left:
                self._abort(upload["Key"], upload["UploadId"])
            return len(left)
        return 0

    def _key(self, name: str) -> str:
        return self.root + check_name(name)

    def _name(self, key: str) -> str:
        return key.removeprefix(self.root)

    def _versions(self, key: str) -> list[str]:
        """Ids of the key's versions and delete markers, the current one last; none where versions are unknown."""
        pages = list(self._version_pages(key) or ())
        found = [one for page in pages for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
        return [one["VersionId"] for one in sorted(found, key=lambda one: one["IsLatest"]) if one["Key"] == key]

    def _version_pages(self, prefix: str) -> Iterator[Any] | None:
        """None where the server does not list versions, which its first answer says."""
        pages = iter(self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix))
        try:
            first = _check_page(next(pages))
        except boto.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in NO_VERSIONS:
                raise
            return None
        return chain([first], map(_check_page, pages))

    def _uploads(self, prefix: str) -> Iterator[Any]:
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
        try:
            for page in pages:
                yield from _check_page(page, "Bucket").get("Uploads", ())
        except boto.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in NO_VERSIONS:
                raise

    def _abort(self, key: str, upload: str) -> None:
        with suppress(self.client.exceptions.NoSuchUpload):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)


def open_bucket(url: str, timeout: float = TIMEOUT) -> Bucket:
    """The place `s3://bucket/prefix`; endpoint and credentials are those of the AWS settings of this user.

    RefusedError if the url is none, the settings do not work, or the bucket does not exist; `timeout` in seconds.
    """
    parts = URL.fullmatch(url)
    if not parts:
        raise RefusedError("a place in an object store is written s3://bucket/prefix, without any credentials")
    bucket = Bucket(open_client(url, timeout), parts[1], parts[2] or "")
    bucket.clock()
    return bucket


def open_client(
    url: str, timeout: float, attempts: int = ATTEMPTS, endpoint: str | None = None, **session: Any
) -> "S3Client":
    """Whoever speaks to an object store; what is not said here are the AWS settings of this user."""
    config = Config(
        connect_timeout=timeout,
        read_timeout=timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        request_checksum_calculation="when_required",  # servers other than Amazon's refuse the newer checksums
        response_checksum_validation="when_required",
    )
    try:
        inner = get_session()
        inner.register_component("data_loader", _loader())
        return Session(botocore_session=inner, **session).client("s3", config=config, endpoint_url=endpoint)
    except (boto.BotoCoreError, ValueError) as error:
        raise RefusedError(f"{url}: the AWS settings of this user do not work ({type(error).__name__})") from None


def _loader() -> Loader:
    LOADER.search_paths[:] = dict.fromkeys(LOADER.search_paths)  # each session of boto3 adds its own once more
    return LOADER


def _check_page(page: Page, named: str = "Name") -> Page:
    """The page, if an object store wrote it: that of a sign-in page in between would read as an empty list."""
    if named not in page:
        raise ResponseParserError
    return page


def _read_date(written: str) -> datetime | None:
    try:
        return parsedate_to_datetime(written).replace(tzinfo=UTC)  # HTTP knows no other, RFC 9110 §5.6.7
    except ValueError:
        return None
