"""Print the versions that the scripts of docs/comparison.md ran with."""

import importlib.metadata
import platform

PACKAGES = ("tensorflow", "torch", "jax", "chex", "tensor-sensor", "torchlens")

versions = [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
print(f"Python {platform.python_version()},", ", ".join(versions))
