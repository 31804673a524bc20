"""Who announces the networks of addresses, by a database of autonomous systems in MaxMind's format."""

import maxminddb

from transforms.enriching.countries import look_up

KEYS = ("autonomous_system_number", "asn")  # GeoLite2 and DB-IP; IPinfo


def look_up_owner(text: str, reader: maxminddb.Reader) -> str | None:
    """The number of the autonomous system that an address is in, such as `AS64496`; None where it is not known."""
    record = look_up(text, reader, "network_data")
    number = next((record[key] for key in KEYS if record.get(key)), None) if isinstance(record, dict) else None
    return f"AS{str(number).upper().removeprefix('AS')}" if number else None
