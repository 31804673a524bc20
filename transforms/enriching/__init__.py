"""What a hit's own words say: agent, source, campaign, country. Each distinct value is looked up once."""

from typing import Final

# For whatever has no name; published tables hold no nulls.
UNKNOWN: Final = "unknown"
