"""NIMA's earth mover's distance: the mean under the root runs over bins and samples, so there is one root for the batch.

Source (real): https://github.com/truskovskiyk/nima.pytorch/issues/24
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'samplewise_emd = tf.sqrt(tf.reduce_mean(tf.pow(tf.abs(cdf_diff), 2.0)))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, bins = 16, 8, 10
    head = tf.keras.Sequential([
        tf.keras.layers.Dense(6, activation="relu", name="fc1"),
        tf.keras.layers.Dense(bins, activation="softmax", name="fc2"),
    ])
    head.build((None, d))
    head.set_weights([(rng.normal(size=w.shape) * 0.5).astype("float32") for w in head.get_weights()])
    centre = rng.uniform(1.0, 10.0, size=(n, 1))
    hist = np.exp(-0.5 * ((np.arange(1, 11) - centre) / rng.uniform(0.6, 2.0, size=(n, 1))) ** 2)
    batch = {
        "features": rng.normal(size=(n, d)).astype("float32"),
        "ratings": (hist / hist.sum(1, keepdims=True)).astype("float32"),
    }

    def reference(b):
        p = head(b["features"])
        emds = []
        for i in range(n):
            gap = tf.cumsum(b["ratings"][i]) - tf.cumsum(p[i])
            emds.append(tf.sqrt(tf.reduce_mean(gap ** 2)))
        return tf.add_n(emds) / n

    def candidate(b):
        p_target = b["ratings"]
        p_estimate = head(b["features"])
        cdf_target = tf.cumsum(p_target, axis=1)
        cdf_estimate = tf.cumsum(p_estimate, axis=1)
        cdf_diff = cdf_estimate - cdf_target
        samplewise_emd = tf.sqrt(tf.reduce_mean(tf.pow(tf.abs(cdf_diff), 2.0)))
        return tf.reduce_mean(samplewise_emd)

    return {"variables": [v.value for v in head.trainable_variables], "batch": batch, "reference": reference, "candidate": candidate}
