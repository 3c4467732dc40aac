"""Renderers of reports, for people and for programs."""
