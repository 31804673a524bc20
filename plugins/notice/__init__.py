"""The notice on disk: archived when it changes, so that one can say what was promised when."""
