"""What the server says about itself: log lines, request ids, metrics. Never prompts, keys or query strings."""

from __future__ import annotations


class Metrics:
    """Counts and times of one server, in a registry of its own."""
