"""Search: where to start, which maximum is the best, and what to say of it."""
