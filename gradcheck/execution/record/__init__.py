"""Ops as they run, and the code that called them."""
