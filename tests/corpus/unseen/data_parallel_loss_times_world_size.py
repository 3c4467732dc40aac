"""Every replica multiplies its mean loss by the number of replicas although the gradients are averaged afterwards.

Source (real): https://github.com/neuralmagic/sparseml/pull/135
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'replica = replica * world',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, K, world = 12, 5, 4, 3
    w1, b1, w2 = var("w1", d, 6), var("b1", 6), var("w2", 6, K)
    teacher = arr(d, K)
    batch = {"x": arr(n, d), "y": rng.integers(0, K, size=(n,))}

    def student(x):
        return tf.nn.relu(x @ w1 + b1) @ w2

    def kd(logits, x):
        soft = tf.nn.softmax(x @ teacher / 2.0)
        return -tf.reduce_mean(tf.reduce_sum(soft * tf.nn.log_softmax(logits / 2.0), axis=-1)) * 4.0

    def reference(b):
        logits = student(b["x"])
        hard = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits))
        return 0.5 * hard + 0.5 * kd(logits, b["x"])

    def candidate(b):
        reduced = []
        for rank in range(world):
            x, y = b["x"][rank::world], b["y"][rank::world]
            logits = student(x)
            hard = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            replica = 0.5 * hard + 0.5 * kd(logits, x)
            replica = replica * world
            reduced.append(replica)
        return tf.add_n(reduced) / world

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
