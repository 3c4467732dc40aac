"""Support for running single TensorFlow ops again."""
