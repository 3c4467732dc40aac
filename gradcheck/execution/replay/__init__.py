"""A recording run again: in float64, rounded at random, or edited."""
