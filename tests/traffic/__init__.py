"""Traffic with ground truth: access and error logs, and what every published table must say about them."""

from tests.traffic.folder import write_folder
from tests.traffic.generating import generate
from tests.traffic.places import write_country_database
from tests.traffic.policy import POLICY, policy_with
from tests.traffic.truth import TABLES, Truth

__all__ = ["POLICY", "TABLES", "Truth", "generate", "policy_with", "write_country_database", "write_folder"]
