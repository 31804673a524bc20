"""Where lines come from: plain and gzipped files, block by block."""
