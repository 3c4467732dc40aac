"""Gradients that a script takes, recorded while it runs."""
