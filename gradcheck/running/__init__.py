"""One formulation, run in several ways and held against itself."""
