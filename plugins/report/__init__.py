"""The report of a period: read from the published tables, and shown as a page and as one file."""
