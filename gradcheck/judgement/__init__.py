"""From gradients to a verdict, in NumPy alone."""
