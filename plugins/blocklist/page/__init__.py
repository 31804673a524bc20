"""The page that somebody sees whose address is banned, and how a web server shows it."""
