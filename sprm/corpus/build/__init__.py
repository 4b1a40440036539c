"""From a source's files to three splits in the cache."""
