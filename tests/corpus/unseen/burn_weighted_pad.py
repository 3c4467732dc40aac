"""burn CrossEntropyLoss: padded targets are masked out of the numerator, yet their class weights stay in
the normalisation denominator. Source: https://github.com/tracel-ai/burn/issues/5568"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "denom = tf.reduce_sum(w)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c = 8, 4, 5
    W = tf.Variable(rng.normal(0, 1, (d, c)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.2, (c,)).astype(fx), name="b")
    y = np.array([1, 2, 0, 4, 0, 3, 1, 0], "int32")

    def reference(batch):
        alpha, pad = 0.1, 0
        logits = tf.matmul(batch["x"], W) + b
        num, den = 0.0, 0.0
        for i in range(n):
            if int(batch["targets"][i]) == pad:
                continue
            lp = tf.nn.log_softmax(logits[i])
            t = int(batch["targets"][i])
            wi = batch["class_weights"][t]
            smooth = tf.reduce_sum(batch["class_weights"] * lp) / c
            num += -(1.0 - alpha) * wi * lp[t] - alpha * smooth
            den += wi
        return num / den

    def candidate(batch):
        alpha, pad = 0.1, 0
        logp = tf.nn.log_softmax(tf.matmul(batch["x"], W) + b, axis=-1)
        targets = batch["targets"]
        valid = tf.cast(tf.not_equal(targets, pad), logp.dtype)
        w = tf.gather(batch["class_weights"], targets)
        smoothed = (1.0 - alpha) * tf.one_hot(targets, c, dtype=logp.dtype) + alpha / c
        loss = -tf.reduce_sum(smoothed * batch["class_weights"] * logp, axis=-1)
        denom = tf.reduce_sum(w)
        return tf.reduce_sum(loss * valid) / denom

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "targets": y,
                      "class_weights": rng.uniform(0.5, 2, c).astype(fx)},
            "variables": [W, b]}
