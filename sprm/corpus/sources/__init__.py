"""Where annotations come from, a folder a source."""
