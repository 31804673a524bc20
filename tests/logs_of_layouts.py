"""A line of each layout with a text of one's choice in each field that a client fills."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from transforms.parsing.directives import APACHE, APACHE_ARGUMENT, APACHE_DIRECTIVE, APACHE_NAMED, NGINX, NGINX_VARIABLE
from transforms.parsing.formats import UNNAMED
from transforms.parsing.naming import NAMED

STAMP = "05/Jan/2026:12:34:56 +0000"
USUAL = {
    "literal": "%",
    "client": "198.51.100.9",
    "forwarded": "198.51.100.9",
    "user": "-",
    "time": f"[{STAMP}]",
    "time_local": STAMP,
    "time iso": "2026-01-05T12:34:56+00:00",
    "request": "GET /page HTTP/1.1",
    "target": "/page",
    "method": "GET",
    "status": "200",
    "bytes": "17",
    "body_bytes": "17",
    "seconds": "0.100",
    "microseconds": "100",
    "referrer": "-",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "vhost": "www.example.org",
}
# meaning → what stands in the field, with `{}` for the text
FIELDS = {
    "request": (
        *("GET /a/{} HTTP/1.1", "GET /{}.html HTTP/1.1", "GET /x?p={}&utm_source={}&utm_campaign={} HTTP/1.1"),
        *("{} /a HTTP/1.1", "GET /gone HTTP/{}", "hello {}", "GET http://{}/a HTTP/1.1"),
    ),
    "target": ("/a/{}", "/x?p={}&utm_source={}"),
    "referrer": ("https://{}/", "https://example.net/{}", "https://example.net/?q={}", "{}"),
    "user_agent": ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0 ({})", "{}", "Bot/1.0 (+http://{}/)", "{}/1.0"),
    "user": ("{}", "user {}"),
    "vhost": ("{}", "{}.example.net"),
    "client": ("{}",),
    "forwarded": ("{}", "{}, 198.51.100.9"),
}
LOGS = Path(__file__).parent / "transforms" / "parsing" / "logs"
# formats of data files: texts of their logs that a client fills, and how it is written there
SPOTS = {
    "aws_alb": ("a?b=c", "X11; Linux x86_64"),
    "caddy": ("a?b=c", "curl/7.82.0", "example.net/x", "www.example.org"),
    "cloudfront": ("a%20b.html", "X11;%20Linux", "b=c", "example.net"),
    "haproxy": ("index.html", "a=b"),
    "iis": ("Windows+NT+10.0", "b=c", "example.net/x"),
    "nginx_json": ("a?b=c", "Mozilla/5.0", "www.example.org"),
    "syslog_combined": ("index.html", "a=b", "X11; Linux x86_64"),
    "traefik": ("a?b=c", "Mozilla/5.0", "example.net", "www.example.org"),
    "traefik_common": ("a?b=c", "Mozilla/5.0", "example.net"),
}
ERRORS = (
    "[Mon Jan 05 12:34:56.000001 2026] [core:error] [pid 7:tid 8] [client 198.51.100.9:5] AH00128: File does not exist:"
    " /srv/{0}, referer: http://example.net/{0}",
    "[Mon Jan 05 12:34:56.000001 2026] [{0}:error] [pid 7] [client 198.51.100.9:5] user {0} not found: {0}",
    "[Mon Jan 05 12:34:56 2026] [error] [client {0}] script {0} not found or unable to stat",
    '2026/01/05 12:34:56 [error] 1#0: *5 open() "/srv/{0}" failed (2: No such file or directory), client: 198.51.100.9,'
    ' server: {0}, request: "GET /{0} HTTP/1.1", host: "{0}", referrer: "http://{0}/"',
    "2026/01/05 12:34:56 [error] 1#0: *5 {0} said {0}",
    "#0 {0} goes on",
)


def quoted(hidden: str) -> str:
    return hidden.replace('"', r"\x22")


def in_json(hidden: str) -> str:
    return json.dumps(hidden, ensure_ascii=False)[1:-1]


WRITTEN = {
    **dict.fromkeys(("caddy", "traefik", "nginx_json"), in_json),
    "iis": lambda hidden: hidden.replace(" ", "+"),
    "cloudfront": quote,
    "haproxy": lambda hidden: hidden.replace('"', "#22"),
}


def access_lines(hidden: str) -> Iterator[tuple[str, bytes]]:
    """The layout's format string, and a line of it, for each way to hide the text in it."""
    for layout in (*NAMED.values(), *UNNAMED):
        for meaning, ways in FIELDS.items():
            for way in ways:
                line = _fill(layout, meaning, way.replace("{}", hidden))
                if line is not None:
                    yield layout, line.encode()
    for name, texts in SPOTS.items():
        line = next(line for line in (LOGS / f"{name}.log").read_text().splitlines() if texts[0] in line)
        for text in texts:
            yield name, line.replace(text, WRITTEN.get(name, quoted)(hidden)).encode()


def error_lines(hidden: str) -> list[bytes]:
    return [line.format(hidden).encode() for line in ERRORS]


def _fill(layout: str, meaning: str, said: str) -> str | None:
    pattern = NGINX_VARIABLE if NGINX_VARIABLE.search(layout) else APACHE_DIRECTIVE
    as_json = layout.startswith("escape=json ")
    filled = [_meaning(directive) for directive in pattern.finditer(layout)]
    if meaning not in filled:
        return None

    def value(directive: re.Match[str]) -> str:
        found = _meaning(directive)
        text = said if found == meaning else USUAL.get(found, "-")
        return json.dumps(text, ensure_ascii=False)[1:-1] if as_json else text.replace('"', r"\x22")

    return pattern.sub(value, layout.removeprefix("escape=json "))


def _meaning(directive: re.Match[str]) -> str:
    if directive.re is NGINX_VARIABLE:
        return NGINX.get(directive[1] or directive[2], "skip")
    modifiers, letter = directive.groups()
    arguments = APACHE_ARGUMENT.findall(modifiers)
    return APACHE_NAMED.get((letter, arguments[-1].lower()), "skip") if arguments else APACHE.get(letter, "skip")
