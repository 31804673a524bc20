"""CrowdSec's own bouncers, as Debian has them, read the blocklist from Airflow's real API server with our pages."""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from plugins.access.tokens import add_token
from plugins.blocklist.by_hand import lift
from plugins.blocklist.decisions import Decisions
from plugins.pages.app import app
from plugins.pages.gate import opened
from plugins.store.store import Store, open_store
from tests.consumers.conftest import BERIT, MALLORY, NAMESPACE, TRUDY, Exports, needed, run, running
from tests.consumers.test_firewalls import UNSHARED
from tests.plugins.pages.conftest import airflow

__all__ = ["airflow"]  # a fixture

CUSTOM = """\
bin_path: @here@/told.sh
piddir: @here@/
update_frequency: 1s
cache_retention_duration: 10m
daemonize: false
log_mode: stdout
log_level: info
api_url: @address@
api_key: @token@
prometheus: {enabled: false}
"""
FIREWALL = """\
mode: ipset
pid_dir: @here@/
update_frequency: 1s
daemonize: false
log_mode: stdout
log_level: info
api_url: @address@
api_key: @token@
disable_ipv6: false
deny_action: DROP
supported_decisions_types: [ban]
blacklists_ipv4: blocked
blacklists_ipv6: blocked6
ipset_type: nethash
prometheus: {enabled: false}
"""
# In a network of its own: a port that leads to the server's socket, which is a file.
RELAY = """
import asyncio, sys
async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()
async def meet(reader, writer):
    far_reader, far_writer = await asyncio.open_unix_connection(sys.argv[1])
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
async def main():
    async with await asyncio.start_server(meet, "127.0.0.1", 8080) as server:
        await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def serving(site: FastAPI, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(site, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture
def store(exports: Exports) -> Iterator[Store]:
    """With this machine's clock, on each request anew."""
    app.dependency_overrides[opened] = lambda: open_store(exports.site.policy)
    yield open_store(exports.site.policy)
    app.dependency_overrides.clear()


@pytest.fixture
def token(store: Store) -> str:
    return add_token(store, "firewall", "block attacks", "operations")


def lift_all_on(store: Store, target: str) -> None:
    handles = [one.decision for one in Decisions(store).active(datetime.now(UTC)) if one.target == target]
    lift(store, handles, "it was us", "security")


def eventually(look: Callable[[], bool], seconds: float = 45) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if look():
            return True
        time.sleep(0.2)
    return False


@needed("crowdsec-custom-bouncer")
def test_a_custom_bouncer_runs_its_program_for_what_is_new_and_for_what_is_gone(
    airflow: FastAPI, exports: Exports, store: Store, token: str, tmp_path: Path, web: Callable[..., Path]
) -> None:
    program, said = web("told.sh", '#!/bin/sh\necho "$1 $2" >>@here@/said\n'), tmp_path / "said"
    program.chmod(0o755)
    said.touch()
    exports.ban({MALLORY: 15, TRUDY: 600, "2001:db8::/64": 600})
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/lethe/"
    config = web("bouncer.yaml", CUSTOM, address=address, token=token)
    with serving(airflow, listening), running("crowdsec-custom-bouncer", "-c", config):
        wanted = {f"add {MALLORY}", f"add {TRUDY}", "add 2001:db8::/64"}
        assert eventually(lambda: set(said.read_text().splitlines()) >= wanted), said.read_text()
        lift_all_on(store, TRUDY)
        exports.ban({BERIT: 600})
        wanted |= {f"del {TRUDY}", f"add {BERIT}", f"del {MALLORY}"}
        assert eventually(lambda: set(said.read_text().splitlines()) >= wanted), said.read_text()
    assert set(said.read_text().splitlines()) == wanted
    lines = said.read_text().splitlines()
    assert len([line for line in lines if line.startswith("add")]) == 4, "once each"


@UNSHARED
@needed("crowdsec-firewall-bouncer", "ipset", "ip", "nsenter")
def test_a_firewall_bouncer_drops_the_banned_until_they_are_lifted(
    airflow: FastAPI, exports: Exports, store: Store, token: str, tmp_path: Path, web: Callable[..., Path]
) -> None:
    exports.ban({MALLORY: 600, TRUDY: 600, "2001:db8::/64": 600, "198.51.100.0/24": 600})
    config = web("bouncer.yaml", FIREWALL, address="http://127.0.0.1:8080/lethe/", token=token)
    relay, door = web("relay.py", RELAY), str(tmp_path / "door")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(door)
    made = "ipset create blocked nethash timeout 300; ipset create blocked6 nethash family inet6 timeout 300"
    start = f"set -e; ip link set lo up; {made}; exec {sys.executable} {relay} {door}"
    with serving(airflow, listening), running(*NAMESPACE, "sh", "-c", start) as inside:
        there = ("nsenter", "-n", "-t", str(inside.pid))

        def banned() -> set[str]:
            return set(re.findall(r"^([0-9a-f.:/]+) timeout", run("ipset", "list", within=there), re.MULTILINE))

        assert eventually(lambda: "8080" in run("ss", "-ltn", within=there))
        with running(*there, "crowdsec-firewall-bouncer", "-c", config):
            wanted = {MALLORY, TRUDY, "2001:db8::/64", "198.51.100.0/24"}
            assert eventually(lambda: banned() == wanted), banned()
            lift_all_on(store, TRUDY)
            lift_all_on(store, "198.51.100.0/24")
            exports.ban({BERIT: 600})
            wanted = {MALLORY, "2001:db8::/64", BERIT}
            assert eventually(lambda: banned() == wanted), banned()
