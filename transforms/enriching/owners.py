"""Who announces the networks of addresses, by a database of autonomous systems in MaxMind's format."""

import maxminddb

from schemas.refusals import RefusedError
from transforms.anonymising.addresses import read_address, unwrap_ip

KEYS = ("autonomous_system_number", "asn")  # GeoLite2 and DB-IP; IPinfo


def look_up_owner(text: str, reader: maxminddb.Reader) -> str | None:
    """The number of the autonomous system that an address is in, such as `AS64496`; None where it is not known."""
    address = read_address(text)
    if address is None:
        return None
    try:
        record = reader.get(unwrap_ip(address))
    except ValueError:  # IPv6 in a database of IPv4
        return None
    except maxminddb.InvalidDatabaseError:  # whose text names the address
        raise RefusedError(
            "places.network_data is damaged: an address could not be looked up; fetch it again"
        ) from None
    number = next((record[key] for key in KEYS if record.get(key)), None) if isinstance(record, dict) else None
    return f"AS{str(number).upper().removeprefix('AS')}" if number else None
