"""The block between a tape and its gradient, cut out of a script that trains."""
