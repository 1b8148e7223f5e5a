"""What outlives the process: the only SQL of the house, and the audit log beside it."""
