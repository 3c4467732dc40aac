"""The smallest batch on which two formulations differ."""
