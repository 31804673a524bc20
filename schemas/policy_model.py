"""The typed policy: each key of policy.toml with what is allowed and its default."""

from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from schemas import notice
from schemas.durations import Duration
from schemas.policy_values import (
    Database,
    EngineName,
    ErrorFormat,
    ExactPath,
    Files,
    Format,
    GoalName,
    GoalPaths,
    Host,
    Lasting,
    Line,
    LogName,
    Name,
    Networks,
    PathOrBelow,
    Place,
    QueryKeys,
    Said,
    ScenarioNames,
    SecretKeys,
    Several,
    Subject,
    Timezone,
    Words,
    allowed,
    between,
    bits,
)


def _names_of_site(site: dict[str, Any]) -> tuple[str, ...]:
    name = site.get("name", "")
    return tuple(dict.fromkeys((name, name.removeprefix("www."))))


class Section(BaseModel):
    """A table of TOML: frozen, no coercion between types, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Site(Section):
    """[site]: whose visitors these are."""

    name: Annotated[Host, allowed('a host name in lower case, such as "www.example.org"')] = "www.example.org"
    hosts: Annotated[Several[Host], allowed('a list of host names in lower case, such as ["example.org"]')] = Field(
        default_factory=_names_of_site
    )
    timezone: Timezone = "Europe/Oslo"
    secret_query_keys: SecretKeys = ()


class Keep(Section):
    """[keep]: how long each kind of data lives."""

    security_window: Annotated[
        timedelta, between("P2D", "P30D", notice.FULL_ADDRESS), allowed('2 to 30 whole days, such as "P7D"')
    ] = timedelta(days=7)
    visit_log: Lasting = Duration.parse("P90D")
    statistics: Lasting = Duration.parse("P25M")
    # A purge runs once a day, and February has 28 days: 27 is one month at most.
    backups: Annotated[
        timedelta, between("P1D", "P27D", notice.BACKUPS), allowed('1 to 27 whole days, such as "P26D"')
    ] = timedelta(days=26)
    receipts: Lasting = Duration.parse("P400D")
    audit: Lasting = Duration.parse("P12M")


class Truncation(Section):
    """[truncation]: the bits of an address that are kept."""

    # The last digits are the last octet, and the 64 bits that number a device within its network.
    ipv4_prefix: Annotated[int, bits(8, 24, notice.LAST_DIGITS), allowed("a whole number from 8 to 24")] = 24
    ipv6_prefix: Annotated[int, bits(16, 64, notice.LAST_DIGITS), allowed("a whole number from 16 to 64")] = 48


class Statistics(Section):
    """[statistics]: what counts, and how many must stand behind a published value."""

    smallest_group: Annotated[int, Field(ge=1), allowed("a whole number from 1 on")] = 5
    visit_gap: Annotated[timedelta, between("PT1S", "P1D"), allowed('a second to a day, such as "PT30M"')] = timedelta(
        minutes=30
    )
    campaign_keys: QueryKeys = ("utm_source", "utm_medium", "utm_campaign")
    page_query_keys: QueryKeys = ()
    background_paths: Annotated[
        Several[PathOrBelow],
        allowed('a list of paths, each exact or with * at its end for all that begin so, such as ["/api/*"]'),
    ] = ()
    ignore_paths: Annotated[
        Several[ExactPath], allowed('a list of exact paths, without *, ? and blanks, such as ["/health"]')
    ] = ("/health",)
    exclude_networks: Networks = ()


class Blocklist(Section):
    """[blocklist]: how long an address with an attack pattern is banned, and which never is."""

    ban: Annotated[
        timedelta, between("PT1M", "P30D"), allowed('whole minutes up to keep.security_window, such as "PT4H"')
    ] = timedelta(hours=4)
    allowlist: Networks = (IPv4Network("192.0.2.0/28"),)
    simulate: ScenarioNames = ()
    off: ScenarioNames = ()
    most_people: Annotated[float, Field(gt=0, le=1), allowed("a share of a day's people up to 1, such as 0.01")] = 0.01
    single_queries: Annotated[bool, allowed("true or false")] = False


class Places(Section):
    """[places]: where data, keys and backups lie."""

    store: Place = "store"
    keys: Place = "keys"
    key_mirror: Place = "keys-mirror"
    backups: Place = "backups"
    country_data: Database = ""
    network_data: Database = ""
    scenarios: Annotated[str, allowed('the path of a folder, or "" for none')] = ""


class Controller(Section):
    """[controller]: who answers for the processing; only the notice needs it."""

    name: Line = ""
    address: Line = ""
    contact: Line = ""
    dpo: Line = ""


class Log(Section):
    """[[logs]]: the files of one server or site."""

    name: Annotated[LogName, allowed('up to 64 of a-z, 0-9, _ and -, such as "www"')] = "www"
    access: Files = ()
    error: Files = ()
    format: Format = "combined"
    error_format: ErrorFormat = "detect"
    timezone: Timezone = ""  # filled by the policy: the site's
    trusted_proxies: Networks = ()
    quarantine_share: Annotated[float, Field(ge=0, le=1), allowed("a share of the lines from 0 to 1, such as 0.05")] = (
        0.05
    )
    after_window: Annotated[Literal["report", "delete"], allowed('"report" or "delete"')] = "report"


DEFAULT_LOG = Log(access=("/var/log/nginx/access.log*",), error=("/var/log/nginx/error.log*",))


class Goal(Section):
    """[[goals]]: what a visit is to reach; a conversion is a visit in which one of its pages or downloads was."""

    name: GoalName
    path: GoalPaths


class SearchEngine(Section):
    """[[search_engines]]: the networks that a search engine publishes as its crawlers'; never banned."""

    name: EngineName
    networks: Annotated[Networks, Field(min_length=1)]


class OtherSystem(Section):
    """[[other_systems]]: what handles visitors' data too, and what Lethe has nothing to do with."""

    name: Name
    purpose_nb: Said
    purpose_en: Said


class Recipient(Section):
    """[[recipients]]: to whom logs, or what is made of them, are given."""

    name: Name
    purpose_nb: Said
    purpose_en: Said
    country: Annotated[str, Field(pattern=r"\A[A-Z]{2}\z"), allowed('the two letters of a country, such as "NO"')]
    agreement_nb: Said
    agreement_en: Said


class Attestation(Section):
    """[[attestations]]: somebody answers for what no program can check."""

    id: Annotated[LogName, allowed('up to 64 of a-z, 0-9, _ and -, such as "controller"')]
    by: Name
    on: Annotated[date, allowed("a day, such as 2026-05-01, without quotes")]
    until: Annotated[date | None, allowed("a day, such as 2027-05-01, without quotes")] = None
    covers: Annotated[Several[Subject], allowed(f"a list of some of {', '.join(notice.SUBJECTS)}")] = ()
    sentence_nb: Words = ""
    sentence_en: Words = ""

    def holds(self, today: date) -> bool:
        """Whether it was given, and has not run out."""
        return self.on <= today and (self.until is None or today <= self.until)


class Policy(Section):
    """How long anything may live, and what counts; `Policy()` is the default policy."""

    site: Annotated[Site, allowed("a section [site]")] = Site()
    keep: Annotated[Keep, allowed("a section [keep]")] = Keep()
    truncation: Annotated[Truncation, allowed("a section [truncation]")] = Truncation()
    statistics: Annotated[Statistics, allowed("a section [statistics]")] = Statistics()
    blocklist: Annotated[Blocklist, allowed("a section [blocklist]")] = Blocklist()
    places: Annotated[Places, allowed("a section [places]")] = Places()
    controller: Annotated[Controller, allowed("a section [controller]")] = Controller()
    logs: Annotated[Several[Log], allowed("a section [[logs]] for each log"), Field(validate_default=True)] = (
        DEFAULT_LOG,
    )
    goals: Annotated[Several[Goal], allowed("a section [[goals]] for each goal")] = ()
    search_engines: Annotated[Several[SearchEngine], allowed("a section [[search_engines]] for each")] = ()
    other_systems: Annotated[Several[OtherSystem], allowed("a section [[other_systems]] for each")] = ()
    recipients: Annotated[Several[Recipient], allowed("a section [[recipients]] for each")] = ()
    attestations: Annotated[Several[Attestation], allowed("a section [[attestations]] for each")] = ()

    @field_validator("logs")
    @classmethod
    def _server_time_is_the_sites(cls, logs: tuple[Log, ...], info: ValidationInfo) -> tuple[Log, ...]:
        site = info.data.get("site", Site())
        return tuple(log if log.timezone else log.model_copy(update={"timezone": site.timezone}) for log in logs)

    @property
    def allowed(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whose hits are never an alert: the allow-list and the crawlers of search engines."""
        engines = (network for engine in self.search_engines for network in engine.networks)
        return (*self.blocklist.allowlist, *engines)

    @property
    def protected(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Who is never banned: besides, the own networks and proxies."""
        proxies = (network for log in self.logs for network in log.trusted_proxies)
        return (*self.allowed, *self.statistics.exclude_networks, *proxies)
