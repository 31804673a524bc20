"""What a scenario would have done in the window, before it bans anybody."""
