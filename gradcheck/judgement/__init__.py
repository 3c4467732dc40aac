"""From gradients to a verdict, using only NumPy."""
