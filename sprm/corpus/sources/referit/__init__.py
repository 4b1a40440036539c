"""ReferIt, as refer publishes it."""
