"""The proof of forgetting: canaries that take the way of every line, and a scanner that hunts them everywhere."""
