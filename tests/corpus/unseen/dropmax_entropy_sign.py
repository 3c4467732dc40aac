"""DropMax: the sign of the entropy term is questioned; p log p + (1-p) log(1-p) already is the negative entropy and
is rightly added.
Source: https://github.com/haebeom-lee/dropmax/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, c = 5, 4, 3
    w, wr = var("w", d, c), var("wr", d, c)

    def reference(batch):
        o = batch["x"] @ w
        ret = tf.sigmoid(batch["x"] @ wr)
        total = 0.0
        for i in range(n):
            num = (ret[i] + 1e-6) * tf.exp(o[i])
            total += -tf.math.log(num[batch["y"][i]] / tf.reduce_sum(num))
            ent = -tf.reduce_sum(ret[i] * tf.math.log(ret[i]) + (1.0 - ret[i]) * tf.math.log(1.0 - ret[i])) / c
            total -= 0.3 * ent
        return total / n

    def candidate(batch):
        logits, gate = tf.matmul(batch["x"], w), tf.matmul(batch["x"], wr)
        p = tf.sigmoid(gate)
        masked = logits + tf.math.log(p + 1e-6)
        cent = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=masked))
        neg_entropy = p * tf.math.log_sigmoid(gate) + (1.0 - p) * tf.math.log_sigmoid(-gate)
        return cent + 0.3 * tf.reduce_mean(neg_entropy)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, c, n).astype("int32")}, "variables": [w, wr]}
