"""Sites whose backups lie in a place of each kind; the object store is moto's server."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.backups.backed import site_in
from tests.plugins.backups.losses import save, three_days
from tests.plugins.store.conftest import client, object_store, settings  # noqa: F401 - fixtures
from tests.stores import Site

KINDS = ("folder", "unversioned", "versioned")


@pytest.fixture(params=KINDS)
def backups(request: pytest.FixtureRequest) -> str:
    """Where backups lie, as the policy says it."""
    return "backups" if request.param == "folder" else make_bucket(request, request.param)


@pytest.fixture
def site(tmp_path: Path, backups: str) -> Site:
    return site_in(tmp_path, backups)


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site of three days with a backup of them, to be copied."""
    site = three_days(tmp_path_factory.mktemp("origin"))
    save(site)
    return site.folder


def make_bucket(request: pytest.FixtureRequest, kind: str) -> str:
    """The address of a part of a new bucket, which the AWS settings of this user reach."""
    request.getfixturevalue("settings")
    owner: Any = request.getfixturevalue("client")
    name = f"test-{secrets.token_hex(8)}"
    owner.create_bucket(Bucket=name)
    if kind == "versioned":
        owner.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return f"s3://{name}/lethe"
