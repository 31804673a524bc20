"""Hits and error entries of the window, side by side: the first promised use of the logs."""
