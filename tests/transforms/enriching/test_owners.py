"""Owners of networks, in the record shapes of the databases that people have."""

import pytest

from tests.transforms.enriching.test_countries import open_database
from transforms.enriching.owners import look_up_owner


@pytest.mark.parametrize(
    "record",
    [
        {"autonomous_system_number": 64496, "autonomous_system_organization": "Example"},
        {"asn": "AS64496", "name": "Example"},
        {"asn": "as64496"},
        {"asn": 64496},
    ],
)
def test_each_known_shape_of_record_gives_the_number(tmp_path, record):
    with open_database(tmp_path, {"192.0.2.0/24": record}, "Invented-ASN") as reader:
        assert look_up_owner("192.0.2.7", reader) == "AS64496"
        assert look_up_owner("::ffff:192.0.2.7", reader) == "AS64496"


@pytest.mark.parametrize("record", [{"country": "NO"}, {"asn": ""}, "AS64496"])
def test_a_record_without_a_number_names_no_owner(tmp_path, record):
    with open_database(tmp_path, {"192.0.2.0/24": record}) as reader:
        assert look_up_owner("192.0.2.7", reader) is None


def test_what_has_no_entry_or_is_no_address_has_no_owner(tmp_path):
    with open_database(tmp_path, {"192.0.2.0/24": {"asn": "AS64496"}}) as reader:
        assert [look_up_owner(text, reader) for text in ("198.51.100.7", "2001:db8::7", "host.example")] == [None] * 3
