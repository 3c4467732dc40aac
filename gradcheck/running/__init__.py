"""One formulation, run in several ways, each compared with float64."""
