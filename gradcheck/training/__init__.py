"""Programs that train: watched while they run."""
