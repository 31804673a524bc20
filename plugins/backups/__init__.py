"""Backups that forget: manifests and blobs in a place of their own, restored without what ended since."""
