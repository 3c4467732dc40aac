"""Data parallel step: each replica averages over its own shard and the shard losses are summed.

Origin (realistic): tf.distribute custom loop that passes the per-replica batch size to compute_average_loss; here the
replicas are emulated by a tf.while_loop.
Right answer: NOT equivalent; the gradient is a factor n_replicas too large.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'mine = tf.nn.compute_average_loss(per_example, global_batch_size=shard)',
    "same_forward_value": False,
}

_REPLICAS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 24, 5, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, k))).astype(f), name="cls_w")
    c = tf.Variable((0.3 * rng.standard_normal(k)).astype(f), name="cls_b")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, k, n)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            total -= tf.nn.log_softmax(b["x"][i : i + 1] @ w + c)[0, b["y"][i]]
        return total / m

    def candidate(b):
        everything = b["y"].shape[0]
        shard = everything // _REPLICAS

        def replica(r, acc):
            x, y = b["x"][r * shard : (r + 1) * shard], b["y"][r * shard : (r + 1) * shard]
            per_example = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x @ w + c)
            mine = tf.nn.compute_average_loss(per_example, global_batch_size=shard)
            return r + 1, acc + mine

        start = (tf.constant(0), tf.zeros([], b["x"].dtype))
        return tf.while_loop(lambda r, acc: r < _REPLICAS, replica, start)[1]

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
