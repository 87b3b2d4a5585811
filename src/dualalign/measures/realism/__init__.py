"""Does the text look real? Each figure holds notes against a user's own reference notes."""
