"""From bytes to rows: layouts compiled from the servers' own format strings, and the two error logs."""
