"""The blocklist as text, a writer for each kind of reader; every line of a ban says until when it holds."""
