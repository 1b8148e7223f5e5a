"""Models by name: what a hub offers, how it gets here, and the card it is served by."""
