"""Policy gradient: the returns are converted "as" the discrete actions and thereby cut to integers.

Source (real): https://github.com/thu-ml/tianshou/issues/520 (PyTorch, ported).
Right answer: NOT equivalent. to_torch_as copies the dtype of act (int64): a return of 0.8 becomes 0.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'ret = to_tensor_as(b["returns"], b["act"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, n_act = 26, 5, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="preprocess_w")
    b1 = tf.Variable(0.1 * arr(hid), name="preprocess_b")
    w2 = tf.Variable(0.6 * arr(hid, n_act), name="actor_w")
    batch = {"obs": arr(n, d), "act": rng.integers(0, n_act, n), "returns": 1.5 * arr(n)}

    def to_tensor_as(x, y):
        return tf.cast(x, y.dtype)

    def reference(b):
        loss = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            h = tf.nn.relu(tf.linalg.matvec(w1, b["obs"][i], transpose_a=True) + b1)
            logits = tf.linalg.matvec(w2, h, transpose_a=True)
            nll = tf.reduce_logsumexp(logits) - logits[b["act"][i]]
            loss += nll * b["returns"][i]
        return loss / m

    @tf.function
    def candidate(b):
        logits = tf.nn.relu(b["obs"] @ w1 + b1) @ w2
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["act"], logits=logits)
        ret = to_tensor_as(b["returns"], b["act"])
        loss = -tf.reduce_mean(log_prob * to_tensor_as(ret, log_prob))
        return loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
