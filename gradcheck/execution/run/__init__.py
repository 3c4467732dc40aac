"""A formulation run with everything around it frozen."""
