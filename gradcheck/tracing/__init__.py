"""The shapes of a function, as rows to be shown."""
