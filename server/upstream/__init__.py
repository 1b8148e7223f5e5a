"""Models that live behind OpenAI's API at another URL, for every route, job and service like any other model."""
