"""What Lethe keeps; nothing of it is written but through `put` and `remove`."""
