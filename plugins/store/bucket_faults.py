"""What goes wrong between us and an object store, in a sentence that holds no password."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from schemas.refusals import RefusedError

BROKEN: Final = (  # the first that fits; several are kinds of a later one
    ((boto.ConnectTimeoutError, boto.ReadTimeoutError), errno.ETIMEDOUT, "the object store did not answer in time"),
    ((boto.SSLError,), errno.EPROTO, "the object store's certificate or encryption was not accepted"),
    ((boto.ConnectionError,), errno.ECONNREFUSED, "the object store cannot be reached"),
    ((boto.HTTPClientError, boto.IncompleteReadError, HTTPError), errno.ECONNRESET, "the answer broke off"),
    ((ResponseParserError,), errno.EIO, "the answer is not that of an object store"),
)


@contextmanager
def in_a_sentence(address: str) -> Iterator[None]:
    """What goes wrong inside, in our words: the libraries' own may hold an endpoint's password."""
    try:
        yield
    except boto.ClientError as error:
        raise _explain_refusal(error, address) from None
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        raise RefusedError(f"{address}: this user has no credentials for the object store") from None
    except (boto.BotoCoreError, ResponseParserError, HTTPError) as error:
        other = (errno.EIO, f"the request failed ({type(error).__name__})")
        fitting = ((number, sentence) for kinds, number, sentence in BROKEN if isinstance(error, kinds))
        raise OSError(*next(fitting, other), address) from None


def _explain_refusal(error: boto.ClientError, address: str) -> OSError | RefusedError:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code == "NoSuchBucket":  # not FileNotFoundError: a lost store is not an empty one
        return RefusedError(f"{address}: the bucket does not exist; create it, or correct the place")
    if code in ("NoSuchKey", "NoSuchVersion"):
        return FileNotFoundError(errno.ENOENT, "there is no such object", address)
    if status in (401, 403):
        return PermissionError(errno.EACCES, f"the object store denies access ({code})", address)
    return OSError(errno.EIO, f"the object store failed ({code})", address)
