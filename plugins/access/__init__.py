"""Who may see and do what: roles of people, tokens of programs."""
