"""What shape everything has, on which line: a trace folded by the user's own expressions."""
