"""What the model is held against: simpler methods on the same questions and splits."""
