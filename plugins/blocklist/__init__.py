"""Decisions: what is kept of them, made or lifted by hand, and published as files that expire."""
