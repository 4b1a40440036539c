"""From a corpus to batches: splits encoded once, packed without padding, and the negative of each sentence."""
