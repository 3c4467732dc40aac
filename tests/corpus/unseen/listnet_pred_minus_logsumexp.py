"""ListNet: sum of p_true * (pred - logsumexp(pred)), which a reader does not find in the paper.

Source (real): https://github.com/fullflu/learning-to-rank/issues/4 (Chainer, ported; "you are exactly not follow the paper to
compute the loss function right?").
Right answer: EQUIVALENT to the cross-entropy of the top-one probabilities, the loss of the paper.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d, hid = 14, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    l1 = tf.Variable(0.6 * arr(d, hid), name="l1")
    l2 = tf.Variable(0.8 * arr(hid, 1), name="l2")
    batch = {"x": arr(n, docs, d), "y": rng.integers(0, 5, (n, docs, 1)).astype(f)}

    def score(x):
        return tf.nn.relu(tf.tensordot(x, l1, 1) + 0.1) @ l2

    def reference(b):
        loss = 0.0
        for q in range(b["x"].shape[0]):
            s = tf.exp(score(b["x"][q])[:, 0])
            g = tf.exp(b["y"][q, :, 0])
            for i in range(docs):
                loss -= g[i] / tf.reduce_sum(g) * tf.math.log(s[i] / tf.reduce_sum(s))
        return loss

    def candidate(b):
        def get_loss(x_t, y_t):
            pred = tf.reshape(score(x_t), [x_t.shape[0], x_t.shape[1]])
            p_true = tf.nn.softmax(tf.reshape(y_t, [y_t.shape[0], y_t.shape[1]]))
            xm = tf.reduce_max(pred, axis=1, keepdims=True)
            logsumexp = tf.reduce_logsumexp(pred, axis=1)
            logsumexp = tf.broadcast_to(logsumexp[:, None], [xm.shape[0], pred.shape[1]])
            loss = -1 * tf.reduce_sum(p_true * (pred - logsumexp))
            return loss

        return get_loss(b["x"], b["y"])

    return {"variables": [l1, l2], "batch": batch, "reference": reference, "candidate": candidate}
