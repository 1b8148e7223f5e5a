"""Searching the text of files: reading them, cutting them into passages, finding those that answer a question."""
