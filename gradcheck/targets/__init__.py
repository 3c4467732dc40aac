"""From targets on the command line to cases, batches and arrays."""
