"""The corpus: conversations made by chance and grammar, each skill in a file of its own.

A skill is a function from a Draw to a Conversation. Each file has `SKILLS`, what it trains, by name, and `CASES`, what
is graded: the same conversations up to an answer that can be judged.
"""
