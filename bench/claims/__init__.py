"""Claims, a file a kind: how each is tested, and what is said of it."""
