"""What accuracies at several amounts of data show together: a law, a trend, and how much data is needed."""
