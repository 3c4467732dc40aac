"""Ops seen as they run, and whose they are."""
