"""What programs that train do with gradients, watched while they run."""
