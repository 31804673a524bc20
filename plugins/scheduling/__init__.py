"""What the DAG files wire together: tasks, assets, defaults, and how failures are told."""
