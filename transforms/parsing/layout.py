"""A layout: a pattern over one line's bytes, and what each of its groups means.

Access layouts are compiled from the server's own format string, so that reading `APACHE` and `NGINX` below teaches
what Lethe understands. Sources: Apache mod_log_config, nginx ngx_http_log_module.
"""

import re
from dataclasses import dataclass
from typing import Final

from schemas.refusals import FormatError

# meaning → pattern, where the value stands between blanks
BARE: Final = {
    "client": rb'[^\s",]+',
    "ident": rb'[^\s",]+',
    "user": rb'-|""|(?!- )(?:[^"\\]|\\.)+?',  # names with blanks exist; one never begins with "- "
    "forwarded": rb'-|[^\s",]+(?:,\s*[^\s",]+)*',
    "status": rb"\d{3}|-",
    "bytes": rb"\d{1,19}|-",
    "port": rb"\d{1,5}|-",
    "seconds": rb"\d{1,12}(?:\.\d{1,9})?|-",
    "milliseconds": rb"\d{1,15}|-",
    "microseconds": rb"\d{1,18}|-",
    "epoch": rb"\d{1,12}(?:\.\d{1,9})?",
    "epoch_ms": rb"\d{1,15}",
    "epoch_us": rb"\d{1,18}",
    "epoch_s": rb"\d{1,12}",
    "skip_list": rb"[^\s\"]+(?:(?:,| :) [^\s\"]+)*",  # upstreams tried one after the other
}
QUOTED: Final = rb'[^"\\]*(?:\\.[^"\\]*)*'  # `\"` and `\x22` are content: both servers escape a quote

APACHE: Final = {
    "%": "literal",
    "a": "client",
    "h": "client",
    "l": "ident",
    "u": "user",
    "t": "time",
    "r": "request",
    "m": "method",
    "U": "path",
    "q": "query",
    "H": "protocol",
    "s": "status",
    "b": "bytes",
    "B": "bytes",
    "O": "bytes",
    "I": "skip",
    "S": "skip",
    "D": "microseconds",
    "T": "seconds",
    "v": "vhost",
    "V": "vhost",
    "p": "skip",
    "L": "request_id",
    "A": "skip",
    "P": "skip",
    "k": "skip",
    "X": "skip",
    "f": "skip",
    "R": "skip",
}
APACHE_NAMED: Final = {
    ("a", "c"): "peer",
    ("i", "referer"): "referrer",
    ("i", "user-agent"): "user_agent",
    ("i", "x-forwarded-for"): "forwarded",
    ("i", "host"): "vhost",
    ("T", "s"): "seconds",
    ("T", "ms"): "milliseconds",
    ("T", "us"): "microseconds",
    ("p", "remote"): "port",
    ("p", "local"): "skip",
    ("p", "canonical"): "skip",
    ("h", "c"): "peer",
    ("e", "unique_id"): "request_id",
    ("t", "sec"): "epoch_s",
    ("t", "msec"): "epoch_ms",
    ("t", "usec"): "epoch_us",
}
APACHE_OPEN: Final = frozenset({"i", "o", "e", "x", "C", "n", "P", "^ti", "^to"})  # any name; nothing we keep

NGINX: Final = {
    "remote_addr": "client",
    "realip_remote_addr": "peer",
    "remote_port": "port",
    "remote_user": "user",
    "time_local": "time_local",
    "time_iso8601": "time iso",
    "msec": "epoch",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "path",
    "document_uri": "path",
    "args": "query",
    "query_string": "query",
    "server_protocol": "protocol",
    "status": "status",
    "body_bytes_sent": "bytes",
    "bytes_sent": "bytes",
    "request_time": "seconds",
    "request_id": "request_id",
    "http_referer": "referrer",
    "http_user_agent": "user_agent",
    "http_x_forwarded_for": "forwarded",
    "host": "vhost",
    "http_host": "vhost",
    "server_name": "vhost",
}
NGINX_LISTS: Final = re.compile(r"upstream_\w+|proxy_add_x_forwarded_for")
NGINX_OTHERS: Final = re.compile(
    r"(?:http|sent_http|sent_trailer|upstream_http|cookie|arg|ssl|tcpinfo|proxy|geoip|geoip2|jwt|quic)_\w+"
    r"|request_length|request_completion|request_filename|request_body|scheme|https|server_addr|server_port|pid|pipe"
    r"|connection|connection_requests|connection_time|gzip_ratio|hostname|nginx_version|namespace|ingress_name"
    r"|service_name|service_port|req_id|server|limit_rate|is_args|content_length|content_type|document_root"
    r"|binary_remote_addr|realip_remote_port|realpath_root|the_real_ip|time_zone|uid_got|uid_set|spdy|http2|http3"
)
APACHE_DIRECTIVE: Final = re.compile(r"%(?:!?\d+(?:,\d+)*)?[<>]?(?:\{([^}]*)\})?(\^t[io]|[A-Za-z%])")
NGINX_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Layout:
    """One way a line can look; `meanings` names the groups of `pattern`, in order (see `transforms.parsing.rows`)."""

    name: str
    pattern: re.Pattern[bytes]
    meanings: tuple[str, ...]
    kind: str = "access"
    json_escapes: bool = False


def compile_layout(name: str, text: str) -> Layout:
    """The layout of an Apache `LogFormat` or nginx `log_format` string (nginx's `escape=json` may stand in front).

    Raises FormatError naming a directive that is not known, or what every access line must say.
    """
    escaped = text.startswith("escape=json ")
    text = re.sub(r"\Aescape=\w+ ", "", text)
    nginx = NGINX_VARIABLE.search(text) is not None
    directives = list((NGINX_VARIABLE if nginx else APACHE_DIRECTIVE).finditer(text))
    pattern, meanings, done = b"", [], 0
    for directive in directives:
        literal, done = text[done : directive.start()], directive.end()
        pattern += re.escape(literal.encode())
        meaning = _nginx_meaning(directive) if nginx else _apache_meaning(directive)
        if meaning == "literal":
            pattern += b"%"
        elif meaning == "time":  # Apache writes the brackets itself
            pattern += rb"\[([^\]]*)\]"
            meanings.append(meaning)
        else:
            pattern += b"(" + _value_pattern(meaning, literal[-1:], text[done : done + 1]) + b")"
            meanings.append("time" if meaning == "time_local" else meaning)
    pattern += re.escape(text[done:].rstrip().encode())
    _require(text, meanings, nginx)
    return Layout(name, re.compile(pattern, re.DOTALL), tuple(meanings), json_escapes=escaped)


def _apache_meaning(directive: re.Match[str]) -> str:
    argument, letter = directive.groups()
    if argument is None:
        meaning = APACHE.get(letter)
    elif letter == "t" and (letter, argument.lower()) not in APACHE_NAMED:
        stamp = re.sub(r"\A(?:begin|end):", "", argument)
        meaning = "skip" if stamp in ("msec_frac", "usec_frac") else f"time {stamp}"
    else:
        meaning = APACHE_NAMED.get((letter, argument.lower())) or ("skip" if letter in APACHE_OPEN else None)
    if meaning is None:
        raise FormatError(f"the format string has {directive[0]}, which is not a directive of Apache's mod_log_config")
    return meaning


def _nginx_meaning(variable: re.Match[str]) -> str:
    name = variable[1] or variable[2]
    meaning = NGINX.get(name) or ("skip_list" if NGINX_LISTS.fullmatch(name) else None)
    if meaning is None and not NGINX_OTHERS.fullmatch(name):
        raise FormatError(f"the format string has ${name}, which is not a known variable of nginx's access log")
    return meaning or "skip"


def _value_pattern(meaning: str, before: str, following: str) -> bytes:
    """How far a value reaches: to the closing quote or bracket, or to the blank behind it."""
    if before == '"' and following == '"':
        return rb"\d{3}" if meaning == "status" else QUOTED
    if before == "[" and following == "]":
        return rb"[^\]]*"
    if meaning.startswith("time"):
        return rb"[^\]\"]*?"
    if meaning in BARE:
        return BARE[meaning]
    stop = re.escape(following.strip().encode())
    return rb'[^\s"' + stop + rb"]+" if stop else rb"\S+"


def _require(text: str, meanings: list[str], nginx: bool) -> None:
    if "%" in APACHE_DIRECTIVE.sub("", text) and not nginx:
        raise FormatError("the format string has a % that begins no directive; a plain one is written %%")
    if not meanings:
        raise FormatError("the format string has neither Apache directives (%h) nor nginx variables ($remote_addr)")
    if not any(meaning.startswith(("time", "epoch")) for meaning in meanings):
        raise FormatError("the format string has no time (%t or $time_local), so no line could be given a day")
    if not {"client", "forwarded"} & set(meanings):
        raise FormatError("the format string has no client address (%h, %a or $remote_addr)")
    if not {"request", "target", "path"} & set(meanings):
        raise FormatError("the format string has no request (%r, %U or $request)")
