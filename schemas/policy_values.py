"""The kinds of value that a policy holds, each with the check that makes it one."""

import re
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from schemas.durations import Duration
from schemas.log_format import log_formats
from schemas.notice import FORBIDDEN, SUBJECTS
from schemas.statistics import OTHER, UNKNOWN

ERROR_FORMATS = ("apache_error", "nginx_error", "php_error")
NAMED_FORMATS = ("common", "combined", "vhost_combined", *log_formats(), *ERROR_FORMATS, "detect")

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
ELSEWHERE = re.compile(r"s3://(?:[\w.-]+@)?[A-Za-z0-9._-]{3,63}/.+|sftp://[\w.-]+/.+", re.DOTALL)  # connection: a name

Item = TypeVar("Item")


class HintError(ValueError):
    """A wrong value that deserves a hint, which continues the sentence on what is allowed."""


def breaks(promise: str) -> HintError:
    """The refusal of a value that would break a sentence of the privacy notice."""
    return HintError(f", since the notice promises: “{promise}”")


def between(lowest: str, highest: str, promise: str = "") -> BeforeValidator:
    """Check for exact time within two bounds, in whole days, hours, minutes or seconds as the lower bound says."""
    low, high = Duration.parse(lowest).exact, Duration.parse(highest)
    unit = min(low, timedelta(days=1))

    def check(value: object) -> timedelta:
        duration = Duration.of(value)
        if promise and not high.at_least(duration):
            raise breaks(promise)
        if duration.months:
            raise HintError(", and a month is no fixed length")
        if not low <= duration.exact <= high.exact or duration.exact % unit:
            raise ValueError("out of bounds")
        return duration.exact

    return BeforeValidator(check)


def bits(lowest: int, highest: int, promise: str) -> AfterValidator:
    """Check for a number of address bits to keep."""

    def check(value: int) -> int:
        if value > highest:
            raise breaks(promise)
        if value < lowest:
            raise ValueError("out of bounds")
        return value

    return AfterValidator(check)


def allowed(what: str) -> object:
    """The end of the sentence that answers a wrong value."""
    return Field(description=what)


def _network(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if not isinstance(value, str):
        raise ValueError("a network is text")
    try:
        network = ip_network(value)
    except ValueError:
        raise HintError(f'; did you mean "{ip_interface(value).network}"?') from None
    if not network.prefixlen:
        raise HintError("; this one holds every address there is")
    return network


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder of names
        near = get_close_matches(value, available_timezones(), 1)
        raise HintError(f'; did you mean "{near[0]}"?' if near else "") from None
    return value


def _format(value: str) -> str:
    if value not in NAMED_FORMATS and not {"%", "$"} & set(value) and not value.startswith("json:"):
        near = get_close_matches(value, NAMED_FORMATS, 1)
        raise HintError(f'; did you mean "{near[0]}"?' if near else "")
    return value


def _error_format(value: str) -> str:
    if value not in (*ERROR_FORMATS, "detect") and "M" not in value.partition("%")[2]:
        near = get_close_matches(value, (*ERROR_FORMATS, "detect"), 1)
        raise HintError(f'; did you mean "{near[0]}"?' if near else "")
    return value


def _log_file(value: str) -> str:
    if ADDRESS.match(value) and not ELSEWHERE.fullmatch(value):
        raise HintError(
            ', and for those of an object store or another server "s3://bucket/key", "s3://connection@bucket/key" or'
            ' "sftp://connection/path", without any password'
        )
    return value


def _honest(value: str) -> str:
    if found := FORBIDDEN.search(value):
        raise HintError(
            f", without “{found[0]}”: what Lethe keeps is pseudonymous until the day's key is gone,"
            " and a visit is no consent"
        )
    return value


def _goal_name(value: str) -> str:
    if value in {OTHER, UNKNOWN}:
        raise HintError("; tables say that of something else")
    return value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _one_or_several(value: object) -> object:
    return _tuple([value] if isinstance(value, str) else value)


Host = Annotated[str, Field(pattern=r"\A[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\z")]
LogName = Annotated[str, Field(pattern=r"\A[a-z0-9_-]{1,64}\z")]  # it names folders
ExactPath = Annotated[str, Field(pattern=r"\A/[^\s?#*]*\z")]
PathOrBelow = Annotated[str, Field(pattern=r"\A/[^\s?#*]*\*?\z")]
GoalName = Annotated[
    str,
    Field(pattern=r"\A\S([^\r\n]*\S)?\z", max_length=100),
    AfterValidator(_goal_name),
    allowed('a line of up to 100 characters, such as "Order sent"'),
]
GoalPaths = Annotated[
    tuple[Annotated[str, Field(pattern=r"\A/[^\s#*]*\*?\z")], ...],
    BeforeValidator(_one_or_several),
    Field(min_length=1),
    allowed(
        "a path that begins with /, or a list of some, each exact or with * at its end for all that begin so, such as"
        ' "/order/thanks" or ["/contact/sent", "/files/*"]'
    ),
]
Timezone = Annotated[
    str, AfterValidator(_timezone), allowed('a name of the IANA time zone database, such as "Europe/Oslo"')
]
Format = Annotated[
    str,
    AfterValidator(_format),
    allowed(
        f"one of {', '.join(NAMED_FORMATS)}; the server's own LogFormat or log_format, with its % or $;"
        ' or a map of JSON keys, such as json: {"client_ip": "ip", …}'
    ),
]
ErrorFormat = Annotated[
    str,
    AfterValidator(_error_format),
    allowed(f"one of {', '.join(ERROR_FORMATS)}, detect, or Apache's own ErrorLogFormat, with its %M"),
]
Lasting = Annotated[Duration, allowed('a duration, such as "P90D" or "P25M"')]
Line = Annotated[str, Field(pattern=r"\A(\S[^\r\n]*)?\z", max_length=300), allowed("a line of text")]
Name = Annotated[str, Field(pattern=r"\A\S[^\r\n]*\z", max_length=300), allowed("a line of text, and not empty")]
Words = Annotated[Line, AfterValidator(_honest), allowed("a line of text for the notice")]
Said = Annotated[Name, AfterValidator(_honest), allowed("a line of text for the notice, and not empty")]
Subject = Annotated[str, Field(pattern=rf"\A({'|'.join(SUBJECTS)})\z")]
Place = Annotated[str, Field(pattern=r"\S"), allowed('a path, such as "/srv/lethe/store"')]
Database = Annotated[str, Field(pattern=r"\A(.*\S\.mmdb)?\z"), allowed('the path of a .mmdb file, or "" for none')]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]

# A TOML list, held as a tuple so that a policy cannot change.
Several = Annotated[tuple[Item, ...], BeforeValidator(_tuple)]
Networks = Annotated[Several[Network], allowed('a list of networks, such as ["192.0.2.0/24", "2001:db8::/32"]')]
Files = Annotated[
    Several[Annotated[str, Field(pattern=r"\S"), AfterValidator(_log_file)]],
    allowed('a list of paths, also with *, such as ["/var/log/nginx/access.log*"]'),
]
QueryKeys = Annotated[
    Several[Annotated[str, Field(pattern=r"\A[^\s&=#?]+\z")]], allowed('a list of query keys, such as ["id"]')
]
SecretKeys = Annotated[
    Several[Annotated[str, Field(pattern=r"\A[\w.-]{1,80}\z")]],
    allowed('a list of query keys of letters, digits, _, - and ., such as ["member_no"]'),
]
Dashed = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9]*(-[a-z0-9]+)*\z")]
EngineName = Annotated[Dashed, allowed('a name such as "google"')]
ScenarioNames = Annotated[
    Several[Dashed],
    allowed('a list of names of scenarios, such as ["request-flood"]'),
]
