"""A real nginx refuses who is banned and serves everybody else, until the ban ends, whatever becomes of Lethe."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugins.blocklist.formats.bans import whole
from tests.consumers import servers
from tests.consumers.conftest import (
    BERIT,
    MALLORY,
    TRUDY,
    Exports,
    answer,
    free_port,
    needed,
    reached,
    run,
    running,
    wait_for,
    wait_until,
)

pytestmark = needed("nginx")
# As in docs/blocklist-consumers.md, but for the places of a test.
CONFIG = (
    servers.NGINX
    + """\
    include @here@/geo.conf;
    map $lethe_block $lethe_decision { default ""; "~^(?<handle>[0-9a-f]+) " $handle; }
    server {
        listen 127.0.0.1:@deny@;
        root @here@;
        include @here@/deny.conf;
        location / { try_files /hello =404; }
    }
    server {
        listen 127.0.0.1:@geo@;
        root @here@;
        if ($lethe_block) { return 403 "quote $lethe_decision"; }
        location / { try_files /hello =404; }
    }
}
"""
)


class Nginx:
    def __init__(self, exports: Exports, folder: Path, config: Path, deny: int, geo: int) -> None:
        self.exports, self.folder, self.config, self.deny, self.geo = exports, folder, config, deny, geo
        self.check = f"nginx -q -t -c {config} -e {folder}/error.log"
        self.signal = f"nginx -s reload -c {config} -e {folder}/error.log"

    def reload(self, name: str = "nginx.conf", copy: str = "deny.conf", status: int = 0, reload: str = "") -> str:
        return self.exports.reload(name, self.folder / copy, self.check, reload or self.signal, status)


@pytest.fixture
def nginx(exports: Exports, tmp_path: Path, web: Callable[..., Path]) -> Nginx:
    (tmp_path / "hello").write_text("hello")
    (tmp_path / "deny.conf").write_text("")
    (tmp_path / "geo.conf").write_text('geo $lethe_block { default ""; }\n')
    deny, geo = free_port(), free_port()
    return Nginx(exports, tmp_path, web("nginx.conf", CONFIG, deny=deny, geo=geo), deny, geo)


@pytest.fixture
def serving(nginx: Nginx) -> Iterator[Nginx]:
    with running("nginx", "-c", nginx.config, "-e", nginx.folder / "error.log"):
        wait_for(nginx.deny)
        yield nginx


def both(nginx: Nginx, client: str, wanted: int) -> bool:
    """By `deny` and by `geo`."""
    return reached(client, wanted, nginx.deny, nginx.geo)


def test_nginx_refuses_the_banned_and_serves_all_others_and_serves_again_though_lethe_is_down(serving: Nginx) -> None:
    first = serving.exports.ban({MALLORY: 12, TRUDY: 600, "2001:db8::/64": 600})
    serving.reload()
    serving.reload("nginx-geo.conf", "geo.conf")
    for banned in (MALLORY, TRUDY, "2001:db8::99"):
        assert both(serving, banned, 403), banned
    for other in (BERIT, "203.0.113.68", "2001:db8:0:1::99"):
        assert both(serving, other, 200), other
    assert any(answer(serving.geo, MALLORY)[1].startswith("quote ") for _ in range(20))
    wait_until(first)
    serving.reload()
    serving.reload("nginx-geo.conf", "geo.conf")
    assert both(serving, MALLORY, 200)
    assert both(serving, TRUDY, 403), "each ban until its own end"


def test_a_list_that_is_gone_goes_on_until_each_ban_ends(serving: Nginx) -> None:
    """As where the machine with Lethe cannot be reached."""
    first = serving.exports.ban({MALLORY: 12})
    for name, copy in (("nginx.conf", "deny.conf"), ("nginx-geo.conf", "geo.conf")):
        serving.reload(name, copy)
    shutil.rmtree(serving.exports.folder)
    assert "cannot be read" in serving.reload(status=1)
    assert both(serving, MALLORY, 403)
    wait_until(first)
    serving.reload(status=1)
    serving.reload("nginx-geo.conf", "geo.conf", status=1)
    assert both(serving, MALLORY, 200)


def test_a_list_that_nginx_refuses_never_reaches_its_config(serving: Nginx) -> None:
    first = serving.exports.ban({MALLORY: 12, TRUDY: 600})
    serving.reload()
    assert reached(TRUDY, 403, serving.deny)
    good = (serving.folder / "deny.conf").read_text()
    (serving.exports.folder / "nginx.conf").write_text(whole([], "deny everybody;\n"))
    assert "refuses the new list" in serving.reload(status=1)
    assert (serving.folder / "deny.conf").read_text() == good
    assert reached(TRUDY, 403, serving.deny)
    wait_until(first)
    serving.reload(status=1)
    assert (serving.folder / "deny.conf").read_text() == good.replace(good.splitlines()[1] + "\n", "")
    run("nginx", "-t", "-c", serving.config)


def test_the_same_list_is_loaded_once_and_one_that_was_not_loaded_again(nginx: Nginx) -> None:
    loaded = nginx.folder / "loaded"
    nginx.exports.ban({MALLORY: 600})
    nginx.reload(reload="false", status=1)
    for _ in range(3):
        nginx.reload(reload=f"echo x >> {loaded}")
    assert loaded.read_text() == "x\n"
    assert sorted(path.name for path in nginx.folder.glob("deny.conf*")) == ["deny.conf", "deny.conf.lock"]


def test_a_first_list_is_taken_where_there_was_none(nginx: Nginx) -> None:
    (nginx.folder / "deny.conf").unlink()
    nginx.exports.ban({MALLORY: 600})
    nginx.reload(reload="true")
    assert f"deny {MALLORY};" in (nginx.folder / "deny.conf").read_text()
