"""Countries of addresses, in the record shapes of the databases that people have."""

from pathlib import Path

import maxminddb
import pyarrow as pa
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from transforms.enriching.countries import country_data_version, look_up_countries


def open_database(folder: Path, networks: dict[str, object], kind: str = "Invented-Country") -> maxminddb.Reader:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(folder / "countries.mmdb"))
    return maxminddb.open_database(folder / "countries.mmdb")


@pytest.mark.parametrize(
    "record",
    [
        {"country": {"iso_code": "NO", "names": {"en": "Norway"}}, "continent": {"code": "EU"}},
        {"country_code": "NO", "country": "Norway"},
        {"country": "NO"},
        {"country": "no"},
    ],
)
def test_each_known_shape_of_record_gives_the_code(tmp_path, record):
    with open_database(tmp_path, {"192.0.2.0/24": record}) as reader:
        assert look_up_countries(["192.0.2.7"], reader).to_pylist() == ["NO"]


@pytest.mark.parametrize("record", [{"country": "Norway"}, {"country": {"names": {}}}, {"asn": "AS64496"}, "NO"])
def test_a_record_without_a_code_is_unknown(tmp_path, record):
    with open_database(tmp_path, {"192.0.2.0/24": record}) as reader:
        assert look_up_countries(["192.0.2.7"], reader).to_pylist() == ["unknown"]


def test_an_address_inside_another_has_its_country(tmp_path):
    networks = {"192.0.2.0/24": {"country": "NO"}, "2001:db8::/32": {"country": "SE"}}
    with open_database(tmp_path, networks) as reader:
        found = look_up_countries(["::ffff:192.0.2.7", "64:ff9b::192.0.2.7", "2001:db8::7"], reader)
    assert found.to_pylist() == ["NO", "NO", "SE"]


def test_what_has_no_entry_or_is_no_address_is_unknown(tmp_path):
    with open_database(tmp_path, {"192.0.2.0/24": {"country": "NO"}}) as reader:
        found = look_up_countries(pa.array(["198.51.100.7", "host.example", "", None]), reader)
    assert found.to_pylist() == ["unknown"] * 4
    assert found.type == pa.string()


def test_ipv6_in_a_database_of_ipv4_is_unknown(tmp_path):
    writer = MMDBWriter(ip_version=4)
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": "NO"})
    writer.to_db_file(str(tmp_path / "countries.mmdb"))
    with maxminddb.open_database(tmp_path / "countries.mmdb") as reader:
        assert look_up_countries(["2001:db8::7", "::ffff:192.0.2.7"], reader).to_pylist() == ["unknown", "NO"]


def test_without_a_database_every_country_is_unknown():
    assert look_up_countries(["192.0.2.7", None], None).to_pylist() == ["unknown"] * 2
    assert look_up_countries([], None).type == pa.string()
    assert country_data_version(None) == "none"


def test_the_version_is_type_and_day_of_build(tmp_path):
    with open_database(tmp_path, {"192.0.2.0/24": {"country": "NO"}}, "Invented-Lite") as reader:
        kind, day = country_data_version(reader).split()
    assert kind == "Invented-Lite"
    assert len(day) == len("2025-01-31")
