"""What is trained on and never part of a test: the more kinds, the more is learned of talk and tools as such."""
