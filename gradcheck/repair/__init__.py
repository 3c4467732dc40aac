"""Edits of a recording: proposed, tried, checked, and written into the source."""
