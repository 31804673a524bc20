"""A real Apache refuses who is banned, behind a proxy too, and can say which decision that was."""

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
    reached,
    run,
    running,
    wait_for,
    wait_until,
)

pytestmark = needed("apache2")
# As in docs/blocklist-consumers.md, but for the places of a test.
CONFIG = (
    servers.APACHE
    + """\
DocumentRoot /usr/share/doc/apache2
DirectoryIndex copyright
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
Include @here@/lethe.conf
<If "-n reqenv('lethe_block')">
    Require all denied
    <IfModule mod_access_compat.c>
        Satisfy All
    </IfModule>
</If>
<Directory "/">
    Require all granted
</Directory>
<Location "/admin">
    Require all granted
</Location>
ErrorDocument 403 "quote %{env:lethe_block} until %{env:lethe_until}"
"""
)
MODULES = ("mpm_event", "authz_core", "authz_host", "setenvif", "remoteip", "dir")


@pytest.fixture
def config(tmp_path: Path, web: Callable[..., Path]) -> tuple[Path, int]:
    modules = "\n".join(f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so" for one in MODULES)
    (tmp_path / "lethe.conf").write_text("")
    port = free_port()
    return web("apache.conf", CONFIG, port=port, modules=modules), port


@pytest.fixture
def apache(config: tuple[Path, int]) -> Iterator[int]:
    path, port = config
    with running("apache2", "-f", path, "-D", "FOREGROUND"):
        wait_for(port)
        yield port


def reload(exports: Exports, config: Path) -> None:
    exports.reload(
        "apache.conf",
        config.with_name("lethe.conf"),
        f"apache2 -t -f {config} 2>/dev/null",
        f"apache2 -f {config} -k graceful",
    )


def test_apache_refuses_the_banned_until_their_ban_ends(
    apache: int, config: tuple[Path, int], exports: Exports
) -> None:
    first = exports.ban({MALLORY: 12, TRUDY: 600, "2001:db8::/64": 600, "198.51.100.128/25": 600})
    reload(exports, config[0])
    for banned in (MALLORY, TRUDY, "2001:db8::99", "198.51.100.200"):
        assert reached(banned, 403, apache), banned
        assert answer(apache, banned, "/admin")[0] == 403, "settings of a place let nobody in"
    for other in (BERIT, "203.0.113.68", "2001:db8:0:1::99"):
        assert reached(other, 200, apache), other
    line = next(line for line in (exports.folder / "apache.conf").read_text().splitlines() if TRUDY in line)
    decision, until = (part.partition("=")[2] for part in line.split()[-2:])
    assert answer(apache, TRUDY)[1] == f"quote {decision} until {until}"
    wait_until(first)
    reload(exports, config[0])
    assert reached(MALLORY, 200, apache)
    assert reached(TRUDY, 403, apache)


def test_apache_takes_a_list_of_every_kind_of_target(config: tuple[Path, int], exports: Exports) -> None:
    exports.ban({MALLORY: 600, "198.51.0.0/16": 600, "2001:db8::/32": 600})
    config[0].with_name("lethe.conf").write_text((exports.folder / "apache.conf").read_text())
    assert "Syntax OK" in run("apache2", "-t", "-f", config[0])
