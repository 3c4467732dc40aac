"""What TensorFlow needs to run single ops again."""
