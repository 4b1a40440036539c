"""Results of several machines as one run."""
