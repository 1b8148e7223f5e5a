"""Work that outlives its request: jobs are kept in the store, carried by a queue, and done by tasks."""
