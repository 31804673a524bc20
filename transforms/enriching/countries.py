"""Countries of addresses, by a database in MaxMind's format."""

from collections.abc import Sequence
from datetime import UTC, datetime

import maxminddb
import pyarrow as pa

from schemas.refusals import RefusedError
from transforms.anonymising.addresses import read_address, unwrap_ip
from transforms.enriching import UNKNOWN


def look_up_countries(addresses: Sequence[str | None] | pa.Array, reader: maxminddb.Reader | None) -> pa.Array:
    """Look up distinct addresses: ISO 3166 alpha-2, `unknown` without a reader, an entry or an address.

    An IPv4 address inside IPv6 counts as IPv4.
    """
    texts = pa.array(addresses, pa.string()).to_pylist()
    return pa.array([look_up_country(text, reader) if text and reader else UNKNOWN for text in texts], pa.string())


def look_up_country(text: str, reader: maxminddb.Reader) -> str:
    """Look up one address, in any usual spelling."""
    code = country_code(look_up(text, reader, "country_data"))
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else UNKNOWN


def look_up(text: str, reader: maxminddb.Reader, key: str) -> object:
    """The record of one address in a database that the policy names as `places.<key>`; None where it has none."""
    address = read_address(text)
    if address is None:
        return None
    try:
        return reader.get(unwrap_ip(address))
    except ValueError:  # IPv6 in a database of IPv4
        return None
    except maxminddb.InvalidDatabaseError:  # whose text names the address
        raise RefusedError(f"places.{key} is damaged: an address could not be looked up; fetch it again") from None


def country_code(record: object) -> str:
    """The code in a record: `country.iso_code` (GeoLite2, DB-IP), `country_code` or `country` (IPinfo)."""
    if not isinstance(record, dict):
        return ""
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code") or country
    return code if isinstance(code, str) else ""


def country_data_version(reader: maxminddb.Reader | None) -> str:
    """The database's type and day of build, such as `GeoLite2-Country 2025-01-31`, or `none`."""
    if reader is None:
        return "none"
    metadata = reader.metadata()
    return f"{metadata.database_type} {datetime.fromtimestamp(metadata.build_epoch, UTC):%Y-%m-%d}"
