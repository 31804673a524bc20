"""A day of the window → its published tables."""
