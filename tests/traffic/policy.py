"""The policy under which the truth is counted; nothing is folded, so every count can be compared."""

from typing import Final

POLICY: Final = """\
[site]
name = "www.example.org"
hosts = ["www.example.org", "example.org", "shop.example.org"]
timezone = "Europe/Oslo"

[truncation]
ipv4_prefix = 24
ipv6_prefix = 48

[statistics]
smallest_group = 1
visit_gap = "PT30M"
campaign_keys = ["utm_source", "utm_medium", "utm_campaign"]
page_query_keys = ["p"]
ignore_paths = ["/health"]
exclude_networks = ["198.51.100.128/25"]

[blocklist]
ban = "PT4H"
allowlist = ["192.0.2.0/28"]

[places]
country_data = ""

[[goals]]
name = "Cart opened"
path = "/cart"

[[goals]]
name = "Blog read"
path = ["/blog", "/blog/*"]

[[goals]]
name = "Document fetched"
path = "/files/*"

[[logs]]
name = "www"
access = ["access.log*", "timed.log"]
error = ["apache_error.log", "nginx_error.log"]
format = "detect"
timezone = "Europe/Oslo"
"""


def policy_with(country_data: str, smallest_group: int = 1) -> str:
    """The policy that looks countries up in this `.mmdb` and folds smaller groups."""
    text = POLICY.replace('country_data = ""', f'country_data = "{country_data}"')
    return text.replace("smallest_group = 1", f"smallest_group = {smallest_group}")
