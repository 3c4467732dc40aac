"""Keras 1 masked loss: the masked scores are divided by mean(mask) and averaged over all entries, reported as a wrong scaling.

Source (real): https://github.com/keras-team/keras/issues/2546 (weighted_objective in training.py; answered after doing the mathematics: no bug).
Right answer: EQUIVALENT; mean(score * mask) / mean(mask) is the mean over the unmasked steps.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, hid = 19, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.5 * arr(d + hid, hid), name="rnn_kernel")
    out = tf.Variable(0.7 * arr(hid, 2), name="dense")
    batch = {
        "x": arr(n, steps, d),
        "y": arr(n, steps, 2),
        "lengths": rng.integers(1, steps + 1, n),
    }

    def rnn(x):
        h = tf.zeros([x.shape[0], hid], dtype=x.dtype)
        outputs = []
        for t in range(steps):
            h = tf.tanh(tf.concat([x[:, t], h], axis=-1) @ kernel)
            outputs.append(h @ out)
        return tf.stack(outputs, axis=1)

    def reference(b):
        total, count = 0.0, 0
        for x, y, length in zip(b["x"], b["y"], b["lengths"].numpy()):
            h = tf.zeros([1, hid], dtype=x.dtype)
            for t in range(int(length)):
                h = tf.tanh(tf.concat([x[t][None], h], axis=-1) @ kernel)
                total += tf.reduce_mean(tf.square((h @ out)[0] - y[t]))
                count += 1
        return total / count

    def candidate(b):
        def weighted_objective(fn):
            def weighted(y_true, y_pred, weights, mask=None):
                score_array = fn(y_true, y_pred)
                if mask is not None:
                    mask = tf.cast(mask, score_array.dtype)
                    score_array *= mask
                    score_array /= tf.reduce_mean(mask)
                if weights is not None:
                    reduce_weight_array = weights
                    score_array *= reduce_weight_array
                    score_array /= tf.reduce_mean(tf.cast(tf.not_equal(weights, 0), score_array.dtype))
                return tf.reduce_mean(score_array)

            return weighted

        objective = weighted_objective(keras.losses.mean_squared_error)
        weights = tf.ones_like(b["x"][:, :, 0])
        return objective(b["y"], rnn(b["x"]), weights, mask=tf.sequence_mask(b["lengths"], steps))

    return {"variables": [kernel, out], "batch": batch, "reference": reference, "candidate": candidate}
