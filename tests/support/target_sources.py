"""Sources of targets."""

MAKE = """
    import sys, time
    import numpy as np, tensorflow as tf
    import gradcheck

    w = tf.Variable([1.0, 2.0], name="w")

    def loss(x):
        return tf.reduce_mean(x * w)

    def make(reference=loss, candidate=loss, samples=3, variables=None, **more):
        batch = {"x": np.ones((samples, 2), "float32")}
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch=batch, variables=variables or [w], **more
        )
"""
