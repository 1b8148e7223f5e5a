"""Measures the server against the bare engine below it and against its peers. `python -m bench` runs it."""
