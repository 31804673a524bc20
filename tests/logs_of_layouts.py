"""A line of each layout with a text of one's choice in each field that a client fills."""

import json
import re
from collections.abc import Iterator

from transforms.parsing.directives import APACHE, APACHE_DIRECTIVE, APACHE_NAMED, NGINX, NGINX_VARIABLE
from transforms.parsing.formats import NAMED, UNNAMED

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


def access_lines(hidden: str) -> Iterator[tuple[str, bytes]]:
    """The layout's format string, and a line of it, for each way to hide the text in it."""
    for layout in (*NAMED.values(), *UNNAMED):
        for meaning, ways in FIELDS.items():
            for way in ways:
                line = _fill(layout, meaning, way.replace("{}", hidden))
                if line is not None:
                    yield layout, line.encode()


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
    argument, letter = directive.groups()
    return APACHE.get(letter, "skip") if argument is None else APACHE_NAMED.get((letter, argument.lower()), "skip")
