"""Wiring: one story a file, read by Airflow."""
