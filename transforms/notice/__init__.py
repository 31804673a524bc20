"""The privacy notice and the record of processing, written from the policy alone."""
