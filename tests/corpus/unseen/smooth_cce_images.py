"""Label-smoothed categorical cross entropy: for images [n, c, h, w] the last axis that is reduced is the width and
not the classes.
Source: https://github.com/bonlime/pytorch-tools/issues/77"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "logprobs = tf.nn.log_softmax(y_pred, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, cin, c, h, w = 2, 3, 4, 3, 4
    kern, bias = var("kern", cin, c, s=0.9), var("bias", c)
    smoothing = 0.1

    def reference(batch):
        total, count = 0.0, 0
        for i in range(n):
            for r in range(h):
                for q in range(w):
                    lab = int(labels[i, r, q])
                    if lab == 255:
                        continue
                    lp = tf.nn.log_softmax(batch["x"][i, :, r, q][None] @ kern + bias)[0]
                    total += -(1.0 - smoothing) * lp[lab] - smoothing * tf.reduce_mean(lp)
                    count += 1
        return total / count

    def candidate(batch):
        y_true = batch["y"]
        y_pred = tf.einsum("nchw,ck->nkhw", batch["x"], kern) + bias[None, :, None, None]
        valid = tf.cast(y_true != 255, y_pred.dtype)
        target = tf.one_hot(y_true, c, axis=1, dtype=y_pred.dtype)
        target = target * (1.0 - smoothing) + smoothing / c
        logprobs = tf.nn.log_softmax(y_pred, axis=-1)
        loss = -tf.reduce_sum(target * logprobs, axis=1)
        return tf.reduce_sum(loss * valid) / tf.reduce_sum(valid)

    labels = rng.integers(0, c, (n, h, w))
    labels[0, 0, 1] = labels[1, 2, 3] = 255
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, cin, h, w)).astype(fx), "y": labels.astype("int32")},
            "variables": [kern, bias]}
