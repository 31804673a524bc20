"""`lethe`, one command for people and programs; each verb is a thin door to a transform or the store."""
