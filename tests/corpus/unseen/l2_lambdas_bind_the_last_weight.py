"""The add_loss lambdas are created in a loop and all see the loop variable's last value, so only the last bias is regularised.

Source (real): https://github.com/tensorflow/tensorflow/issues/42880
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'added.append(lambda: reg * tf.nn.l2_loss(w))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, m, K, reg = 12, 5, 6, 3, 0.05
    kernel0, bias0 = var("dense/kernel", d, m), var("dense/bias", m)
    kernel1, bias1 = var("dense_1/kernel", m, K), var("dense_1/bias", K)
    weights = [kernel0, bias0, kernel1, bias1]
    batch = {"x": arr(n, d), "y": rng.integers(0, K, size=(n,))}

    def model(x):
        return tf.nn.relu(x @ kernel0 + bias0) @ kernel1 + bias1

    def xent(b):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=model(b["x"])))

    def reference(b):
        return xent(b) + 0.5 * reg * (tf.reduce_sum(kernel0 ** 2) + tf.reduce_sum(kernel1 ** 2))

    def candidate(b):
        added = []
        for w in weights:
            if "bias" in w.name:
                continue
            added.append(lambda: reg * tf.nn.l2_loss(w))
        return xent(b) + tf.add_n([fn() for fn in added])

    return {"variables": weights, "batch": batch, "reference": reference, "candidate": candidate}
