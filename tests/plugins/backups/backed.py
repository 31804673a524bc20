"""A site whose backups lie in a folder or a bucket, and what a test sees of them."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from plugins.backups.purging import purge
from plugins.backups.taking import back_up
from plugins.backups.target import BLOBS, MANIFESTS, Target, blob_name
from plugins.store.door import Place, Trace
from schemas.backups import Manifest, Purged
from schemas.receipts import Receipt, Sealed
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
A_DAY = timedelta(days=1)
ANNA, BERIT, MALLORY = "192.0.2.77", "198.51.100.5", "203.0.113.66"
Told = list[str]


def site_in(folder: Path, backups: str = "backups", store: str = "store") -> Site:
    places = f'[places]\nbackups = "{backups}"\nstore = "{store}"\n\n[[logs]]'
    return Site(folder, NOON, POLICY.replace("[[logs]]", places))


def fill(site: Site) -> None:
    """Yesterday Anna and Berit, today Berit; tables of both days."""
    if site.open().policy.places.store.startswith("s3://"):
        _fill(site)
        return
    for root in ("logs", "store", "keys", "keys-mirror"):
        shutil.copytree(_filled() / root, site.folder / root, dirs_exist_ok=True)
    site.now = NOON


@cache
def _filled() -> Path:
    """Made once, for nothing in it depends on where backups lie."""
    folder = Path(tempfile.mkdtemp(prefix="lethe-filled-"))
    atexit.register(shutil.rmtree, folder)
    _fill(site_in(folder))
    return folder


def _fill(site: Site) -> None:
    for moment, people in ((NOON - A_DAY, (ANNA, BERIT)), (NOON, (BERIT,))):
        site.now = moment
        site.write("access.log", *(hit(moment, who, f"/{moment:%d}") for who in people))
        assert site.ingest().problems == []
    site.rebuild()


def save(site: Site, told: Told | None = None) -> Manifest:
    return back_up(site.open(), "operations", silent if told is None else told.append)


def purge_now(site: Site, told: Told | None = None) -> Purged:
    return purge(site.open(), "operations", silent if told is None else told.append)


def let_pass(site: Site, days: float) -> None:
    """Time goes by, and a log is written to, so that the clock is believed."""
    site.now += timedelta(days=days)
    site.write("access.log", "")


def target_of(site: Site) -> Target:
    return Target(site.open().place("backups"))


def manifests(site: Site) -> list[Manifest]:
    """Oldest first."""
    target = target_of(site)
    return [target.manifest(name) for name in target.manifests()]


def traces(place: Place) -> list[Trace]:
    return list(place.traces())


def named(site: Site) -> set[str]:
    """What the listing may show below `manifests/` and `blobs/`."""
    target = target_of(site)
    blobs = {blob_name(backed.digest) for one in manifests(site) for backed in one.objects.values()}
    return {*target.manifests(), *blobs}


def shown(site: Site) -> set[Trace]:
    """What the listing does show there, behind what is visible too."""
    return {trace for trace in traces(target_of(site).place) if trace.name.startswith((MANIFESTS, BLOBS))}


def is_whole(site: Site, manifest: Manifest) -> bool:
    """Every object that a receipt in it names, of a day that is open in it, is in it as the receipt says."""
    target, receipted = target_of(site), list(sealed_in(site, manifest))
    closed = {name.split("/")[2].removesuffix(".json") for name in manifest.objects if name.startswith("state/days/")}
    wanted = [one for one in receipted if str(one.day) not in closed]
    return all(
        sha256(target.blob(manifest.objects[f"window/{one.name}"])).hexdigest() == one.digest
        for one in wanted
        if f"window/{one.name}" in manifest.objects or not site.open().marks.get(one.day)
    )


def sealed_in(site: Site, manifest: Manifest) -> Iterator[Sealed]:
    target = target_of(site)
    for name, backed in manifest.objects.items():
        if name.startswith("receipts/"):
            yield from Receipt.model_validate_json(target.blob(backed)).objects
