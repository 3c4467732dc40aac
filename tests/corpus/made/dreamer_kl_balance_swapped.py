"""World model (DreamerV2/V3): the two stop_gradients of the balanced KL are swapped.

Source (realistic): re-implementations of Dreamer's KL balancing; the repositories' threads keep asking which side is
frozen in which term. Forward values of both KLs are identical, so logs look right.
Right answer: NOT equivalent; the 0.8 / 0.2 weights reach the wrong networks.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "dyn, rep = kl(post, sg(prior)), kl(sg(post), prior)",
    "same_forward_value": True,
}

_DYN, _REP = 0.8, 0.2


def kl(p_logits, q_logits):
    p, q = tf.nn.log_softmax(p_logits), tf.nn.log_softmax(q_logits)
    return tf.reduce_sum(tf.exp(p) * (p - q), axis=-1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dh, dx, codes = 21, 4, 5, 6

    def var(name, *s):
        return tf.Variable((0.7 * rng.standard_normal(s)).astype(f), name=name)

    w_prior, w_post, w_dec = var("prior", dh, codes), var("posterior", dh + dx, codes), var("decoder", codes, dx)
    batch = {"deter": rng.standard_normal((n, dh)).astype(f), "x": rng.standard_normal((n, dx)).astype(f)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            h, x = b["deter"][i : i + 1], b["x"][i : i + 1]
            post, prior = tf.concat([h, x], 1) @ w_post, h @ w_prior
            recon = tf.reduce_sum(tf.square(tf.nn.softmax(post) @ w_dec - x))
            total += recon + _DYN * kl(tf.stop_gradient(post), prior)[0] + _REP * kl(post, tf.stop_gradient(prior))[0]
        return total / m

    def candidate(b):
        sg = tf.stop_gradient
        post = tf.concat([b["deter"], b["x"]], axis=-1) @ w_post
        prior = b["deter"] @ w_prior
        recon = tf.reduce_sum((tf.nn.softmax(post) @ w_dec - b["x"]) ** 2, axis=-1)
        dyn, rep = kl(post, sg(prior)), kl(sg(post), prior)
        return tf.reduce_mean(recon + _DYN * dyn + _REP * rep)

    return {"variables": [w_prior, w_post, w_dec], "batch": batch, "reference": reference, "candidate": candidate}
