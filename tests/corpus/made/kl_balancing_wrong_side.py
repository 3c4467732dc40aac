"""World model with KL balancing: the representation term stops the posterior instead of the prior.

Origin (realistic): Dreamer-like agent; the two KL lines were copied and one argument not swapped.
Right answer: NOT equivalent; the posterior gets no KL gradient, the prior gets all of it. Same value.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'rep = kl(tf.stop_gradient(post), prior)',
    "same_forward_value": True,
}

_MIX = 0.7


def kl(p_logits, q_logits):
    lp, lq = tf.nn.log_softmax(p_logits), tf.nn.log_softmax(q_logits)
    return tf.reduce_sum(tf.exp(lp) * (lp - lq), axis=-1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, h, k = 29, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wpost = tf.Variable(0.7 * arr(d, k), name="post_w")
    wprior = tf.Variable(0.7 * arr(h, k), name="prior_w")
    wdec = tf.Variable(0.7 * arr(k, d), name="dec_w")
    batch = {"obs": arr(n, d), "hid": arr(n, h)}

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            a, c = (b["obs"][i : i + 1] @ wpost)[0], (b["hid"][i : i + 1] @ wprior)[0]
            total += tf.reduce_sum(tf.square((tf.nn.softmax(a)[None] @ wdec)[0] - b["obs"][i])) / d
            total += _MIX * kl(tf.stop_gradient(a), c) + (1.0 - _MIX) * kl(a, tf.stop_gradient(c))
        return total / m

    def candidate(b):
        post, prior = b["obs"] @ wpost, b["hid"] @ wprior
        recon = tf.reduce_mean(tf.square(tf.nn.softmax(post) @ wdec - b["obs"]))
        dyn = kl(tf.stop_gradient(post), prior)
        rep = kl(tf.stop_gradient(post), prior)
        return recon + tf.reduce_mean(_MIX * dyn + (1.0 - _MIX) * rep)

    return {"variables": [wpost, wprior, wdec], "batch": batch, "reference": reference, "candidate": candidate}
