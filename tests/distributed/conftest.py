"""One cluster for all tests of this folder, and one process to compare it with."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.distributed import compose, servers
from tests.distributed.cluster import Cluster
from tests.distributed.site import write_site


@pytest.fixture(scope="session")
def folder():
    """Not pytest's own folder: PostgreSQL's user has to get through."""
    made = Path(tempfile.mkdtemp(prefix="lethe-distributed-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def alone(folder):
    """The policy of a store that one process fills, on the same logs as the cluster's."""
    write_site(folder / "lethe")
    (folder / "alone").mkdir()
    return Path(shutil.copy(folder / "lethe" / "policy.toml", folder / "alone"))


@pytest.fixture(scope="session")
def cluster(folder, alone):
    """All services of the compose file, healthy; ended whatever happens."""
    if missing := servers.missing_servers():
        pytest.skip(f"not installed: apt-get install {' '.join(missing)}")
    subprocess.run(["sh", "-c", compose.secrets_command()], cwd=folder, check=True)
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))
    started = Cluster(folder, compose.read_variables(folder / ".env") | {"LETHE_LOGS": str(folder / "lethe" / "logs")})
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def policy(cluster):
    """The policy of the store that the cluster fills."""
    return cluster.folder / "lethe" / "policy.toml"
