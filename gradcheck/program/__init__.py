"""What ran, as plain data: recordings, traces, and what is known of each op."""
