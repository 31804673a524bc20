"""A real HAProxy refuses who is banned, and by itself serves them again when the ban ends."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.consumers import servers
from tests.consumers.conftest import (
    BERIT,
    MALLORY,
    TRUDY,
    Exports,
    answer,
    free_port,
    needed,
    run,
    running,
    status,
    wait_for,
    wait_until,
)

pytestmark = needed("haproxy")
# As in docs/blocklist-consumers.md, but for the places of a test.
CONFIG = (
    """\
global
    stats socket @here@/haproxy.sock mode 600 level admin
"""
    + servers.HAPROXY
    + """\
    http-request set-var(txn.lethe) src,map_ip(@here@/lethe.map)
    http-request set-var(txn.now) date
    http-request set-var(txn.left) var(txn.lethe),word(3,' '),sub(txn.now)
    http-request return status 403 content-type text/plain lf-string "quote %[var(txn.lethe),word(1,' ')]" if @rule@
    default_backend site
backend site
    server one 127.0.0.1:@behind@
"""
)
RULE = "{ var(txn.lethe) -m found } { var(txn.left) -m int gt 0 }"


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def behind() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_haproxy_refuses_the_banned_and_lets_them_in_by_itself(
    behind: int, exports: Exports, web: Callable[..., Path], tmp_path: Path
) -> None:
    port = free_port()
    config = web("haproxy.cfg", CONFIG, port=port, behind=behind, rule=RULE)
    first = exports.ban({MALLORY: 12, TRUDY: 600, "2001:db8::/64": 600})
    exports.reload("haproxy.map", tmp_path / "lethe.map", f"haproxy -q -c -f {config}", "true")
    run("haproxy", "-c", "-f", config)
    with running("haproxy", "-db", "-f", config):
        wait_for(port)
        assert [status(port, client) for client in (MALLORY, TRUDY, "2001:db8::99")] == [403] * 3
        assert [status(port, client) for client in (BERIT, "2001:db8:0:1::99")] == [200] * 2
        line = next(line for line in (tmp_path / "lethe.map").read_text().splitlines() if line.startswith(TRUDY))
        assert answer(port, TRUDY)[1] == f"quote {line.split()[1]}"
        wait_until(first)
        assert [status(port, client) for client in (MALLORY, TRUDY)] == [200, 403], "without a reload"
