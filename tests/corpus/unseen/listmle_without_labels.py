"""ListMLE: the labels do not occur in the loss at all.

Source (real): https://github.com/wildltr/ptranking/issues/4 (PyTorch, ported; suspected bug; the documents come sorted by their labels).
Right answer: EQUIVALENT to the Plackett-Luce likelihood of the order of the labels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, docs, d, hid = 12, 5, 4, 6

    w1 = tf.Variable(0.6 * arr(d, hid), name="scorer_in")
    w2 = tf.Variable(0.8 * arr(hid, 1), name="scorer_out")
    stds = -np.sort(-rng.random((n, docs)), axis=1)
    batch = {"docs": arr(n, docs, d), "stds": stds.astype(f)}

    def scorer(x):
        return (tf.nn.gelu(x @ w1) @ w2)[..., 0]

    def reference(b):
        total = 0.0
        for q in range(b["docs"].shape[0]):
            s = scorer(b["docs"][q : q + 1])[0]
            left = list(range(docs))
            for best in np.argsort(-b["stds"][q].numpy()):
                rest = tf.reduce_sum(tf.exp(tf.stack([s[j] for j in left])))
                total -= tf.math.log(tf.exp(s[int(best)]) / rest)
                left.remove(int(best))
        return total

    def candidate(b):
        def apply_LogCumsumExp(target_batch_preds):
            m = tf.reduce_max(target_batch_preds, axis=1, keepdims=True)
            y = tf.exp(target_batch_preds - m)
            y_backward_cumsum = tf.reverse(tf.cumsum(tf.reverse(y, axis=[1]), axis=1), axis=[1])
            return tf.math.log(y_backward_cumsum) + m

        batch_preds = scorer(b["docs"])
        batch_logcumsumexps = apply_LogCumsumExp(batch_preds)
        return tf.reduce_sum(batch_logcumsumexps - batch_preds)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
