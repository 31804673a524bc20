"""Attacks that may have worked: each is an incident that a person has to assess."""
