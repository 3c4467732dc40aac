"""The focal modulation is applied to the already averaged cross entropy:
F.cross_entropy returns one value, not one per sample. Source: https://github.com/kaidic/LDAM-DRW/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'ce = tf.reduce_mean(tf.gather(class_w, y) * ce)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, gamma = 8, 5, 4, 1.5
    w = var("w", d, k)
    b = var("b", k)
    x = rng.standard_normal((n, d)).astype(fx)
    y = rng.integers(0, k, n).astype("int32")
    per_cls = rng.uniform(0.3, 2.0, k).astype(fx)

    def reference(batch):
        scores = tf.matmul(batch["x"], w) + b
        onehot = tf.one_hot(batch["y"], k, dtype=scores.dtype)
        nll = -tf.reduce_sum(onehot * tf.nn.log_softmax(scores), axis=1)
        nll = nll * tf.linalg.matvec(onehot, batch["per_cls"])
        pt = tf.exp(-nll)
        return tf.reduce_mean((1.0 - pt) ** gamma * nll)

    def candidate(batch):
        y, class_w = batch["y"], batch["per_cls"]
        logits = tf.matmul(batch["x"], w) + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        ce = tf.reduce_mean(tf.gather(class_w, y) * ce)
        p = tf.exp(-ce)
        loss = (1.0 - p) ** gamma * ce
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "per_cls": per_cls}, "variables": [w, b]}
