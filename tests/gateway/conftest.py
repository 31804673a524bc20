"""The fixtures of the tests against moto's server; the object store is Ceph's gateway, one for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config

from tests.gateway.cluster import PACKAGES, Gateway, missing_programs, running_gateway
from tests.plugins.backups.backed import site_in
from tests.plugins.backups.conftest import make_bucket
from tests.stores import Site


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """Skips where it is not installed."""
    if missing := missing_programs():
        pytest.skip(f"{', '.join(missing)} not found; apt-get install --no-install-recommends {PACKAGES}")
    with running_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def client(gateway: Gateway) -> Any:
    """Its owner's hands."""
    config = Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    session = Session(gateway.access_key, gateway.secret_key)
    return session.client("s3", endpoint_url=gateway.address, region_name="default", config=config)


@pytest.fixture
def settings(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The AWS settings of this user, and nothing of the machine's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    ours = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": gateway.access_key,
        "AWS_SECRET_ACCESS_KEY": gateway.secret_key,
        "AWS_ENDPOINT_URL": gateway.address,
        "AWS_REGION": "default",
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def page_length() -> int:
    """How many keys a listing holds; no store lets that be chosen."""
    return 1000


@pytest.fixture(params=["unversioned", "versioned"])
def backups(request: pytest.FixtureRequest) -> str:
    """Where backups lie, as the policy says it."""
    return make_bucket(request, request.param)


@pytest.fixture
def site(tmp_path: Path, backups: str) -> Site:
    return site_in(tmp_path, backups)
