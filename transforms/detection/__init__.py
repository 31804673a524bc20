"""From hits to the blocklist: scenario → alert → decision, the rules as TOML files that people can read."""
