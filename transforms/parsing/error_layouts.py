"""The error logs of Apache 2.2 and 2.4, of nginx, and of PHP and PHP-FPM, whose lines no format string describes.

An entry's further lines (a stack trace) begin without a time; `transforms.parsing.parser` keeps them with it.
"""

import re
from typing import Final

from transforms.parsing.layout import Groups, Layout

NGINX_CUT: Final = 2_000  # bytes, shortly below the 2,048 (OpenResty: 4,096) at which nginx cuts a line
NGINX_ZONE: Final = re.compile(rb' zone "[\w.:-]+"')
NGINX_OPEN: Final = re.compile(rb'"|stderr: |\[lua\]|js: ')  # in a message, what a visitor may have filled

# [time] [module:level] [pid 1:tid 2] x.c(8): (13)Permission denied: [client 192.0.2.1:5034] AH00128: …, referer: …
# The client is looked for where Apache writes it, never inside the message, which the client can fill.
APACHE_ERROR: Final = Layout(
    "apache_error",
    re.compile(
        rb"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\]"
        rb" \[(?:([\w.-]*):)?(\w+)\]"
        rb"(?: \[pid (\d{1,18})(?::tid \d+)?\])?"
        rb"(?: \[remote ([^\]]+)\])?"
        rb" ?(?:((?:[\w.]+\.c\(\d+\): )?(?:\((?:[A-Z]+ )?-?\d+\)[^\[]*)?)"
        rb"\[client (\[[^\]]*\](?::\d+)?|[^\]]*)\] ?(?:\[client [^\]]*\] ?)?)?"
        rb"(.*?)(?:, referer: (.*))?",
        re.DOTALL,
    ),
    ("error_time", "module", "level", "pid", "error_client", "before", "error_client", "message", "referrer"),
    kind="error",
)


class NginxLayout(Layout):
    """nginx's lines, of which long ones lack their end, where the true client may have stood."""

    def read(self, line: bytes) -> Groups | None:
        """As `Layout.read`; in a cut line the client counts as one of several where the message may be a visitor's.

        Blanks at the end count for its length, since a visitor may fill a line with them.
        """
        groups = super().read(line)
        if groups is None or groups[4] is None or len(line) < NGINX_CUT:
            return groups
        zoned = NGINX_ZONE.sub(b"", groups[3] or b"")
        return (*groups[:-1], b", client: " + (groups[-1] or b"")) if NGINX_OPEN.search(zoned) else groups


# 2026/11/23 05:01:02 [error] 1#0: *5 message, client: …, server: …, request: "…", upstream: "…", host: "…", referrer: …
# nginx escapes nothing here: the message ends at the first client, and a second one anywhere makes the line doubtful.
NGINX_ERROR: Final = NginxLayout(
    "nginx_error",
    re.compile(
        rb"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d{1,18})#\d+: (?:\*\d+ )?"
        rb"([^,]*(?:,(?! client: )[^,]*)*)"
        rb"(?:, client: ([^\s,]*)(?:, server: ([^,]*))?(.*))?",
        re.DOTALL,
    ),
    ("error_time", "level", "pid", "message", "client", "vhost", "nginx_context"),
    kind="error",
)

# [28-Nov-2026 05:01:02] WARNING: [pool www] child 5 …    PHP-FPM
# [28-Nov-2026 05:01:02 Europe/Oslo] PHP Warning:  … in /srv/x.php on line 3    PHP, which says its zone
PHP_ERROR: Final = Layout(
    "php_error",
    re.compile(
        rb"\[(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [A-Za-z][\w/+-]{0,63})?)\] "
        rb"(?:(?:PHP ([A-Z][a-z]+(?: [a-z]+){0,2})|(ALERT|ERROR|WARNING|NOTICE|DEBUG)): +)?"
        rb"(?:\[pool ([^\[\]]*)\] )?"
        rb"(.*)",
        re.DOTALL,
    ),
    ("error_time", "php_level", "php_level", "module", "message"),
    kind="error",
)
