"""Words: how phrases are read, their head words, and word vectors."""
