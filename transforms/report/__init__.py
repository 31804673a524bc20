"""What published tables say of a period: one SELECT a part of the report, and what is shown of its rows."""
