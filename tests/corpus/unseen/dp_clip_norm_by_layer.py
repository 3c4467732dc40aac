"""DP-SGD: the norm of each sample's gradient is put together layer by layer, which looks like clipping every layer separately.

Source (real): https://github.com/DPBayes/ADADP/issues/1 (PyTorch, px_expander.py, ported; the asker took it back).
Right answer: EQUIVALENT. The root is taken once, after the squares of all layers are added: this is the norm of the whole gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_CLIP = 0.6


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, classes = 13, 5, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="fc1")
    w2 = tf.Variable(0.5 * arr(hid, classes), name="fc2")
    batch = {"x": arr(n, d), "y": rng.integers(0, classes, n)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            with tf.GradientTape() as tape:
                logits = tf.tanh(b["x"][i : i + 1] @ w1) @ w2
                ell = -tf.nn.log_softmax(logits)[0, b["y"][i]]
            norm = tf.linalg.global_norm(tape.gradient(ell, [w1, w2]))
            total += ell * tf.stop_gradient(tf.minimum(1.0, _CLIP / norm))
        return total / m

    def candidate(b):
        h = tf.tanh(b["x"] @ w1)
        logits = h @ w2
        delta2 = tf.nn.softmax(logits) - tf.one_hot(b["y"], classes, dtype=logits.dtype)
        delta1 = tf.matmul(delta2, w2, transpose_b=True) * (1.0 - tf.square(h))
        px_grads = [tf.einsum("nd,nh->ndh", b["x"], delta1), tf.einsum("nh,nk->nhk", h, delta2)]
        norms = tf.zeros_like(logits[:, 0])
        for grad in px_grads:
            norms += tf.reduce_sum(tf.square(grad), axis=[1, 2])
        norms = tf.sqrt(norms)
        weights = tf.stop_gradient(tf.where(norms > _CLIP, _CLIP / norms, tf.ones_like(norms)))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits)
        return tf.reduce_mean(weights * losses)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
