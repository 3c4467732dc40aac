"""The schedule of the reversal factor is called with gamma = -10; the factor is negative and the reversal layer reverses nothing.

Source (real): https://github.com/CuthbertCai/pytorch_DANN/issues/10
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'lam = schedule(-10.0)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, m, progress = 12, 5, 6, 0.15
    w_f, w_c, w_d = var("w_feature", d, m), var("w_class", m, 3), var("w_domain", m, 1)
    batch = {"src": arr(n, d), "tgt": arr(n, d) + 0.5, "label": rng.integers(0, 3, size=(n,))}

    def schedule(gamma):
        return float(2.0 / (1.0 + np.exp(-gamma * progress)) - 1.0)

    def reverse(x, lam):
        @tf.custom_gradient
        def op(t):
            return tf.identity(t), lambda dy: -lam * dy

        return op(x)

    def losses(fs, rs, rt, b):
        cls = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=fs @ w_c))
        dom = tf.reduce_mean(tf.nn.softplus(-(rs @ w_d))) + tf.reduce_mean(tf.nn.softplus(rt @ w_d))
        return cls + dom

    def reference(b):
        lam = schedule(10.0)
        fs, ft = tf.tanh(b["src"] @ w_f), tf.tanh(b["tgt"] @ w_f)
        rs, rt = [(1.0 + lam) * tf.stop_gradient(f) - lam * f for f in (fs, ft)]
        return losses(fs, rs, rt, b)

    def candidate(b):
        lam = schedule(-10.0)
        fs, ft = tf.tanh(b["src"] @ w_f), tf.tanh(b["tgt"] @ w_f)
        return losses(fs, reverse(fs, lam), reverse(ft, lam), b)

    return {"variables": [w_f, w_c, w_d], "batch": batch, "reference": reference, "candidate": candidate}
