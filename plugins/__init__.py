"""The world: files, keys, pages and the command line around the transforms."""
