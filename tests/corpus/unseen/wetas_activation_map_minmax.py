"""WETAS: the activation map is divided by actmax and not by (actmax - actmin), which looks wrong;
actmax is taken after the minimum was subtracted, so it is the range already. Right.
Source: https://github.com/donalee/WETAS/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, d = 13, 7, 4
    x = rng.standard_normal((n, length, d)).astype(f)
    wlabel = rng.integers(0, 2, n).astype(f)
    fc = tf.Variable(rng.standard_normal((d, 1)), dtype=f, name="fc")
    bias = tf.Variable(rng.standard_normal((1,)) * 0.2, dtype=f, name="bias")

    def reference(batch):
        h = tf.squeeze(batch["x"] @ fc + bias, axis=2)
        low = tf.reduce_min(h, axis=1, keepdims=True)
        high = tf.reduce_max(h, axis=1, keepdims=True)
        normed = (h - low) / (high - low)
        score = tf.reduce_mean(normed * tf.sigmoid(h), axis=1)
        return -tf.reduce_mean(batch["wlabel"] * tf.math.log(score)
                               + (1.0 - batch["wlabel"]) * tf.math.log(1.0 - score))

    def candidate(batch):
        out = tf.matmul(batch["x"], fc) + bias
        h = out[:, :, 0]
        dscore = tf.sigmoid(h)
        # activation map
        actmap = h
        actmin = tf.reduce_min(actmap, axis=1)
        actmap = actmap - tf.expand_dims(actmin, 1)
        actmax = tf.reduce_max(actmap, axis=1)
        actmap = actmap / tf.expand_dims(actmax, 1)
        pooled = tf.reduce_sum(actmap * dscore, axis=1) / length
        picked = tf.where(batch["wlabel"] > 0.5, pooled, 1.0 - pooled)
        return tf.reduce_mean(-tf.math.log(picked))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "wlabel": wlabel},
            "variables": [fc, bias]}
