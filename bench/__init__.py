"""The harness: a protocol becomes trials, trials become results, results become statistics and a report."""
