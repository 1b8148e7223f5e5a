"""Checks that this server does not pass yet, and why. One that passes again fails the test run until it is removed."""

KNOWN_GAPS: dict[str, str] = {}
