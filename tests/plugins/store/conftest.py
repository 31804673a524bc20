"""Places of both kinds; the object store is moto's server, a real one but for its memory."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from moto.server import ThreadedMotoServer

from plugins.store.bucket import Bucket
from plugins.store.door import Folder, Place
from tests.plugins.store.faulty import Faulty


@pytest.fixture(scope="session")
def object_store() -> Iterator[str]:
    """The address of an object store that is there for these tests."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def client(object_store: str) -> Any:
    """Its owner's hands."""
    return Session("the-owner", "the-owners-secret").client("s3", endpoint_url=object_store)


@pytest.fixture
def make_bucket(client: Any) -> Callable[[bool], Bucket]:
    """Makes a new bucket, versioned or not, and a place in a part of it."""

    def make(versioned: bool) -> Bucket:
        name = f"test-{secrets.token_hex(8)}"
        client.create_bucket(Bucket=name)
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return Bucket(client, name, "lethe/store")

    return make


@pytest.fixture(params=[False, True], ids=["unversioned", "versioned"])
def bucket(request: pytest.FixtureRequest, make_bucket: Callable[[bool], Bucket]) -> Bucket:
    return make_bucket(request.param)


@pytest.fixture
def settings(object_store: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The AWS settings of this user, and nothing of the machine's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-user")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store)
    return monkeypatch


@pytest.fixture
def page_length(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many keys the object store lists at once; few here, so that no thousands have to be put."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    return 10


@pytest.fixture
def proxy(object_store: str, settings: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """Stands between the object store and whoever opens a place from now on."""
    faulty = Faulty(object_store)
    settings.setenv("AWS_ENDPOINT_URL", faulty.address)
    yield faulty
    faulty.close()


@pytest.fixture(params=["folder", "unversioned", "versioned"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place of each kind."""
    if request.param == "folder":
        return Folder(tmp_path / "store")
    made: Place = request.getfixturevalue("make_bucket")(request.param == "versioned")
    return made
