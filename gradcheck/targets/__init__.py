"""From what somebody names on the command line to cases, batches and arrays."""
