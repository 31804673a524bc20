"""Real servers show a banned person the page, with the handle and the end of the ban, and nobody else."""

import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest

from plugins.blocklist.decisions import Decisions
from plugins.blocklist.page.making import MAP, make_kit
from plugins.policy_file import read_policy
from tests.consumers import servers
from tests.consumers.conftest import BERIT, MALLORY, TRUDY, Exports, free_port, needed, running, wait_for
from tests.stores import POLICY

NGINX = (
    servers.NGINX
    + """\
    include @exports@/nginx-geo.conf;
    include "@kit@/nginx-http.conf";
    server {
        listen 127.0.0.1:@port@;
        root @here@;
        include "@kit@/nginx-server.conf";
        rewrite ^/([a-z-]+)\\.html$ /page/$1 last;
        location / { try_files /hello =404; }
        location /page { return 200 "reached"; }
        location /private { return 403 "the site's own"; }
    }
}
"""
)
APACHE = (
    servers.APACHE
    + """\
TypesConfig /etc/mime.types
DocumentRoot /usr/share/doc
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
Include @exports@/apache.conf
Include "@kit@/apache.conf"
RewriteEngine On
RewriteRule "^/([a-z-]+)\\.html$" "/admin/$1" [PT]
Alias "/admin" /usr/share/doc
Alias "/old" /usr/share/doc
<Location "/admin">
    Require all granted
</Location>
<Location "/old">
    Order allow,deny
    Allow from all
    Satisfy Any
</Location>
<Directory /usr/share/doc>
    Require all granted
</Directory>
"""
)
MODULES = (
    *("mpm_event", "authn_core", "authz_core", "authz_host", "access_compat", "setenvif", "remoteip"),
    *("alias", "include", "headers", "filter", "mime", "rewrite"),
)
HAPROXY = (
    servers.HAPROXY
    + """\
@settings@
    http-request return status 200 content-type text/plain string hello
"""
)


# Names that end like the page, or are it but for a letter.
PAGE = "/lethe-blocked.html"
PAST = (
    PAGE,
    f"{PAGE}?x=1",
    f"{PAGE}%0a",
    f"{PAGE}%0d%0a",
    f"{PAGE}/",
    f"/.{PAGE}",
    f"/x/..{PAGE}",
    f"/admin/%20{PAGE}?x=1",
    f"/admin/%0a403%20{PAGE}",
    f"/admin/x%20x%20{PAGE}",
    "/LETHE-BLOCKED.html",
    "/page",
)


class Got(NamedTuple):
    """What a server answers."""

    status: int
    headers: Message
    text: str


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Path]:
    """Where a server that gives up root may read it too."""
    policy = tmp_path / "kit-policy.toml"
    policy.write_text(POLICY + '\n[controller]\ncontact = "it@example.org"\n')
    with tempfile.TemporaryDirectory(prefix="lethe kit ") as folder:
        for name, text in make_kit(read_policy(policy), Path(folder)):
            (Path(folder) / name).write_text(text, encoding="utf-8")
        Path(folder).chmod(0o755)
        yield Path(folder)


def ask(port: int, client: str, path: str = "/", method: str = "GET") -> Got:
    body = b"a=1" if method == "POST" else None
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"X-Forwarded-For": client}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as got:
            return Got(got.status, got.headers, got.read().decode())
    except urllib.error.HTTPError as error:
        return Got(error.code, error.headers, error.read().decode())


def ban(exports: Exports) -> tuple[str, str]:
    """Mallory, Trudy and a /64 are banned; the handle of Mallory's ban, and its end as the page says it."""
    exports.ban({MALLORY: 600, TRUDY: 600, "2001:db8::/64": 600})
    (one,) = [one for one in Decisions(exports.site.open()).all() if one.target == MALLORY]
    return one.decision, f"{one.until:%Y-%m-%d %H:%M}"


def assert_shown(got: Got, handle: str, until: str) -> None:
    assert (got.status, got.headers["Cache-Control"]) == (403, "no-store")
    assert re.fullmatch("text/html; ?charset=utf-8", got.headers["Content-Type"], re.IGNORECASE)
    assert got.text.count(f"<dd>{handle}</dd>") == 2
    assert f"<dd>{until}</dd>" in got.text
    assert f"<dd>{until.replace(' ', ' kl. ')}</dd>" in got.text
    assert f'href="mailto:it@example.org?subject=Blocked%20{handle}"' in got.text
    assert "før sperren er over" in got.text
    assert not re.search(r"<!--|@[0-9]@|%%|\(none\)", got.text)
    assert MALLORY not in got.text


@needed("nginx")
def test_nginx_shows_it(tmp_path: Path, kit: Path, exports: Exports, web: Callable[..., Path]) -> None:
    handle, until = ban(exports)
    port = free_port()
    (tmp_path / "hello").write_text("hello")
    config = web("nginx.conf", NGINX, port=port, exports=exports.folder, kit=kit)
    with running("nginx", "-c", config, "-e", tmp_path / "error.log"):
        wait_for(port)
        for method, path in (("GET", "/"), ("POST", "/form"), ("GET", "/private"), ("GET", "/nothing?a=1")):
            assert_shown(ask(port, MALLORY, path, method), handle, until)
        assert ask(port, "2001:db8::5").status == 403
        assert ask(port, BERIT).text == "hello"
        assert (ask(port, BERIT, "/private").status, ask(port, BERIT, "/private").text) == (403, "the site's own")
        assert "Adressen din" not in ask(port, BERIT, "/lethe-blocked.html").text
        for path in PAST:
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                assert_shown(ask(port, MALLORY, path, method), handle, until)


@needed("apache2")
def test_apache_shows_it(tmp_path: Path, kit: Path, exports: Exports, web: Callable[..., Path]) -> None:
    handle, until = ban(exports)
    port = free_port()
    modules = "\n".join(f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so" for one in MODULES)
    config = web("a.conf", APACHE, port=port, exports=exports.folder, kit=kit, modules=modules)
    with running("apache2", "-f", config, "-D", "FOREGROUND"):
        wait_for(port)
        for method in ("GET", "POST"):
            assert_shown(ask(port, MALLORY, "/base-files/README", method), handle, until)
        for path in (PAGE, f"{PAGE}?x", "/admin/base-files/README", "/old/base-files/README", "/old", "/nothing.html"):
            assert_shown(ask(port, MALLORY, path), handle, until)
        for path in (f"{PAGE}/x", f"/x%20{PAGE}", f"{PAGE}%0a", "/LETHE-BLOCKED.html"):
            assert ask(port, MALLORY, path).status == 403
        assert ask(port, "2001:db8::5").status == 403
        for folder in ("", "/admin", "/old"):
            assert ask(port, BERIT, f"{folder}/base-files/README").status == 200
        refused = ask(port, BERIT, "/lethe-blocked.html")
        assert refused.status == 403
        assert "Adressen din" not in refused.text


@needed("haproxy")
def test_haproxy_shows_it_and_says_when_to_come_back(kit: Path, exports: Exports, web: Callable[..., Path]) -> None:
    handle, until = ban(exports)
    port = free_port()
    settings = (kit / "haproxy.cfg").read_text().replace(MAP, str(exports.folder / "haproxy.map"))
    config = web("haproxy.cfg", HAPROXY, port=port, settings=settings)
    with running("haproxy", "-db", "-f", config):
        wait_for(port)
        for method in ("GET", "POST"):
            got = ask(port, MALLORY, "/", method)
            assert_shown(got, handle, until)
            assert 500 < int(got.headers["Retry-After"]) <= 600
        assert ask(port, "2001:db8::5").status == 403
        assert ask(port, BERIT).text == "hello"
