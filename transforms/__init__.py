"""The meaning: pure functions, tables in and tables out. No clock, environment, disk or network."""
