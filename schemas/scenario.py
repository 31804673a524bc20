"""A detection rule, and the payload patterns it may name, as a security officer writes them."""

import re
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from schemas.patterns import Regexes
from schemas.refusals import RefusedError

NAME: Final = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
LONGEST_BUCKET: Final = timedelta(days=1)  # counting re-reads the events of a day, so a bucket runs dry within one
ISO_TIME: Final = re.compile(r"P(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,6})?S)?)?")


class ScenarioError(RefusedError):
    """A scenario or payload file that says something it cannot mean."""


def _duration(written: object) -> object:
    if not isinstance(written, str) or not ISO_TIME.fullmatch(written):
        raise ValueError
    return written


def _status(written: object) -> object:
    if (type(written) is int and 100 <= written <= 599) or re.fullmatch("[1-5]xx", str(written)):
        return written
    raise ValueError


def _codes(statuses: Iterable[int | str]) -> set[int]:
    """The codes themselves, of a class such as `5xx` all."""
    whole = [range(int(one[0]) * 100, int(one[0]) * 100 + 100) for one in statuses if isinstance(one, str)]
    return {one for one in statuses if isinstance(one, int)}.union(*whole)


def _soon_dry(bucket: "Bucket") -> "Bucket":
    if bucket.full > LONGEST_BUCKET:
        raise ValueError
    return bucket


def _networks(written: object) -> object:
    """One name, or networks."""
    if isinstance(written, str) and re.fullmatch(NAME, written):
        return (written,)
    if isinstance(written, tuple | list) and written:
        return tuple(map(_network, written))
    raise ValueError


def _network(written: object) -> str:
    try:
        return str(ip_network(written))  # type: ignore[arg-type]
    except ValueError as refusal:
        raise ValueError(f" ({refusal})") from None


def _allowed(what: str) -> object:
    """The end of the sentence that answers a wrong value."""
    return Field(description=what)


Name = Annotated[str, Field(pattern=rf"\A{NAME}\z", description='a name such as "path-scan"')]
Words = Annotated[str, Field(min_length=1, description="a sentence for people")]
Values = Annotated[
    tuple[Annotated[str, Field(pattern=r"\A[^A-Z\s]+\z")], ...],
    _allowed('a list of values in lower case, such as ["error"]'),
]
Methods = Annotated[tuple[str, ...], _allowed('a list of methods, such as ["GET", "POST"]')]
# Whoever links to the site chooses what browsers send as referrer: an odd one is no URL with a host, and no browser's.
Parts = Annotated[
    tuple[Literal["target", "referrer", "odd_referrer", "user_agent"], ...],
    _allowed("a list of target, referrer, odd_referrer, user_agent"),
]
Count = Literal["events", "distinct path", "distinct target", "distinct address", "distinct user_agent"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, written: Any) -> Any:
        if isinstance(written, list) and (not written or {} in written):
            raise ValueError(" (what is empty sees everything; say more, or leave it out)")
        return written


class Match(_Frozen):
    """What one hit must be; every key that is given must hold, and one entry of its list is enough."""

    methods: Methods = ()
    not_methods: Methods = ()  # a line that was no request has none, and so none of these either
    status: Annotated[
        tuple[Annotated[int | str, BeforeValidator(_status)], ...], _allowed('a list of codes, such as [404, "5xx"]')
    ] = ()
    min_bytes: Annotated[int, Field(strict=True, ge=0), _allowed("a whole number from 0")] = 0
    path: Regexes = ()  # decoded, in lower case, as all that follows; empty where the request was none
    not_path: Regexes = ()
    query: Regexes = ()  # empty where there is none
    target: Regexes = ()  # path and query
    not_target: Regexes = ()
    protocol: Regexes = ()  # such as http/1.1
    referrer: Regexes = ()
    user_agent: Regexes = ()
    not_user_agent: Regexes = ()
    payload: Annotated[Name | None, _allowed("the name of a payload file")] = None
    fields: Parts = ()  # where the payload is looked for, instead of where its file says
    outside: Annotated[
        tuple[str, ...],
        BeforeValidator(_networks),
        _allowed('a name of [[search_engines]] in the policy, or a list of networks, such as ["192.0.2.0/24"]'),
    ] = ()  # the client is in none of them; a name that the policy does not know sees nothing


class Entry(_Frozen):
    """What one entry of the error log must be; a client has to be named in it, or nobody could be banned."""

    level: Values = ()
    module: Values = ()
    code: Values = ()  # such as ah01630
    message: Regexes = ()  # in lower case
    not_message: Regexes = ()
    status: Annotated[
        Annotated[int, BeforeValidator(_status)] | None, _allowed("the status that the server answered, such as 403")
    ] = None


class Bucket(_Frozen):
    """An alert is due when more than `capacity` events are in it; one runs out every `leak`."""

    capacity: Annotated[int, Field(strict=True, ge=0), _allowed("a whole number from 0")]
    leak: Annotated[
        timedelta, BeforeValidator(_duration), Field(gt=timedelta()), _allowed('a duration, such as "PT10S"')
    ]

    @property
    def full(self) -> timedelta:
        """How long it takes to run dry once it overflows."""
        return min(self.capacity + 1, LONGEST_BUCKET // self.leak + 1) * self.leak


class Scenario(_Frozen):
    """One rule: which hits or error entries are its events, what they are counted by, and how many are too many.

    With `then` it is a sequence: due is the alert at a hit of `then`, by the same target, at most `within` after an
    event of a bucket that has overflowed. `success`: which of its hits make the attack look successful.
    """

    name: Name
    description: Words
    severity: Annotated[Literal["low", "medium", "high", "critical"], _allowed("one of low, medium, high, critical")]
    mode: Annotated[Literal["ban", "simulate"], _allowed("one of ban, simulate")] = "ban"
    group_by: Annotated[Literal["address", "network", "owner"], _allowed("one of address, network, owner")] = "address"
    count: Annotated[Count, _allowed(f"one of {', '.join(get_args(Count))}")] = "events"
    bucket: Annotated[
        Bucket, AfterValidator(_soon_dry), _allowed("a capacity and a leak by which a full bucket is empty in a day")
    ]
    match: Annotated[tuple[Match, ...], _allowed("one or more tables [[match]]")] = ()  # any will do
    error: Annotated[tuple[Entry, ...], _allowed("one or more tables [[error]]")] = ()
    then: Annotated[tuple[Match, ...], _allowed("one or more tables [[then]]")] = ()
    within: Annotated[
        timedelta | None,
        BeforeValidator(_duration),
        Field(gt=timedelta(), le=LONGEST_BUCKET),
        _allowed('a duration of up to a day, such as "PT10M"'),
    ] = None
    success: Annotated[tuple[Match, ...], _allowed("one or more tables [[success]]")] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """A request that fails is in both logs: one that counts both would count it twice."""
        if bool(self.match) == bool(self.error):
            raise ValueError("[[match]] or [[error]] is needed, and not both")
        if self.error and (self.then or self.success):
            raise ValueError("[[then]] and [[success]] go with [[match]], not with [[error]]")
        if bool(self.then) != (self.within is not None):
            raise ValueError('[[then]] and within, such as "PT10M", go together')
        self._refuse_unseen_successes()
        return self

    def _refuse_unseen_successes(self) -> None:
        """A success is one of the requests that fill the bucket or come after it; no other is looked at."""
        seen = [one.status for one in self.match + self.then]
        if all(seen):
            codes = set().union(*map(_codes, seen))
            for status in (status for one in self.success for status in one.status):
                if codes.isdisjoint(_codes((status,))):
                    raise ValueError(f"success.status has {status}, which no [[match]] and no [[then]] lets through")

    @property
    def matches(self) -> tuple[Match, ...]:
        """All that hits are compared with."""
        return self.match + self.then + self.success


class PatternList(_Frozen):
    """Patterns of what is no attack by itself, and which several scenarios name: `not_user_agent = "living-agents"`."""

    name: Name
    description: Words
    patterns: Annotated[Regexes, Field(min_length=1)]


class Exploit(_Frozen):
    """A known hole of one program, and how a request that uses it looks."""

    id: Annotated[str, Field(min_length=1), _allowed("such as CVE-2021-44228, or a word where it has none")]
    title: Words
    patterns: Annotated[Regexes, Field(min_length=1)]


class Payload(_Frozen):
    """Patterns of one kind of attack, and the decoded parts of a request they are looked for in."""

    name: Name
    description: Words
    fields: Parts = ("target",)
    exploit: Annotated[tuple[Exploit, ...], _allowed("one or more tables [[exploit]]")] = ()
    patterns: Regexes = ()

    @model_validator(mode="after")
    def _sees_something(self) -> Self:
        if not self.patterns and not self.exploit:
            raise ValueError("patterns or [[exploit]] is needed")
        return self

    @property
    def whole(self) -> "Payload":
        """The same with its exploits' patterns among its own, as they are searched."""
        known = tuple(pattern for exploit in self.exploit for pattern in exploit.patterns)
        return self.model_copy(update={"patterns": self.patterns + known})
