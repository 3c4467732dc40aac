"""PyTorch Geometric's InstanceNorm takes the square root of the per-graph variance and adds epsilon afterwards: a graph
with a single node has variance zero and the backward pass of the root gives NaN (the root is written ** 0.5 here).
Source: https://github.com/pyg-team/pytorch_geometric/issues/2559"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "out = out / (tf.gather(var ** 0.5, index) + self.eps)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, ch, graphs = 18, 5, 3, 4
    w = keras.Variable((0.6 * rng.standard_normal((feat, ch))).astype(f), name="lin")
    gamma = keras.Variable(rng.uniform(0.5, 1.5, ch).astype(f), name="gamma")
    sizes = [6, 1, 7, 4]
    batch = {
        "x": rng.standard_normal((n, feat)).astype(f),
        "index": np.repeat(np.arange(graphs), sizes).astype("int32"),
        "y": rng.standard_normal((n, ch)).astype(f),
    }

    def reference(batch):
        h = batch["x"] @ w
        parts, start = [], 0
        for size in sizes:
            block = h[start:start + size]
            centred = block - tf.reduce_mean(block, axis=0)
            parts.append(centred * tf.math.rsqrt(tf.reduce_mean(centred * centred, axis=0) + 1e-10))
            start += size
        return tf.reduce_mean((tf.concat(parts, axis=0) * gamma - batch["y"]) ** 2)

    def candidate(batch):
        class InstanceNorm:
            def __init__(self, eps=1e-10):
                self.eps = eps

            def __call__(self, x, index, size):
                count = tf.math.unsorted_segment_sum(tf.ones_like(x[:, :1]), index, size)
                mean = tf.math.unsorted_segment_sum(x, index, size) / count
                out = x - tf.gather(mean, index)
                var = tf.math.unsorted_segment_sum(out * out, index, size) / count
                out = out / (tf.gather(var ** 0.5, index) + self.eps)
                return out * gamma

        h = tf.linalg.matmul(batch["x"], w)
        pred = InstanceNorm()(h, batch["index"], graphs)
        return keras.ops.mean(keras.ops.square(pred - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, gamma]}
