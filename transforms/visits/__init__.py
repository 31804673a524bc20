"""People's actions, cut into visits."""
