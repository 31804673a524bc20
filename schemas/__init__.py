"""What data looks like: Arrow schemas, the typed policy, expectation suites."""
