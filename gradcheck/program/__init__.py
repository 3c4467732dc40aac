"""Recordings and traces as plain data, and what is known about each op."""
