"""The border between the window and everything else: addresses without their last digits, text without persons."""
