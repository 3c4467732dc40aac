"""Stereo matching by optimal transport: the attention goes into the log-domain Sinkhorn updates without the minus of the cost.

Source (real): https://github.com/mli0603/stereo-transformer/issues/94 (PyTorch, ported; asked as a possible sign error, then
the asker saw that cost = -attention and kernel = exp(-cost) cancel).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_ITERS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, width, d, chans = 13, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.4 * arr(d, chans), name="query_proj")
    wk = tf.Variable(0.4 * arr(d, chans), name="key_proj")
    phi = tf.Variable(np.asarray(0.2, f), name="dustbin")
    match = np.stack([rng.permutation(width + 1)[:width] for _ in range(n)])
    batch = {"left": arr(n, width, d), "right": arr(n, width, d), "match": match}
    marginal = np.concatenate([np.full(width, 1.0), [float(width)]]).astype(f) / (2 * width)

    def similarity(b):
        attn = tf.matmul(b["left"] @ wq, b["right"] @ wk, transpose_b=True) / np.sqrt(chans).astype(f)
        attn = tf.concat([attn, tf.broadcast_to(phi, [attn.shape[0], width, 1])], axis=2)
        return tf.concat([attn, tf.broadcast_to(phi, [attn.shape[0], 1, width + 1])], axis=1)

    def reference(b):
        cost = -similarity(b)
        total = 0.0
        m = cost.shape[0]
        for i in range(m):
            kernel = tf.exp(-cost[i])
            a = tf.ones([width + 1], kernel.dtype)
            for _ in range(_ITERS):
                c = marginal / tf.linalg.matvec(kernel, a, transpose_a=True)
                a = marginal / tf.linalg.matvec(kernel, c)
            plan = a[:, None] * kernel * c[None, :]
            for row, col in enumerate(b["match"][i].numpy()):
                total -= tf.math.log(plan[row, int(col)] * 2 * width)
        return total / (m * width)

    def candidate(b):
        def sinkhorn(attn, log_mu, log_nu, iters):
            u, v = tf.zeros_like(attn[:, :, 0]), tf.zeros_like(attn[:, 0, :])
            for _ in range(iters):
                v = log_nu - tf.reduce_logsumexp(attn + u[:, :, None], axis=1)
                u = log_mu - tf.reduce_logsumexp(attn + v[:, None, :], axis=2)
            return attn + u[:, :, None] + v[:, None, :]

        attn = similarity(b)
        log_mu = log_nu = tf.math.log(tf.constant(marginal))[None]
        attn_ot = sinkhorn(attn, log_mu, log_nu, _ITERS)
        attn_ot += np.log(2 * width)
        gt_response = tf.gather(attn_ot[:, :-1, :], b["match"], batch_dims=2)
        return -tf.reduce_mean(gt_response)

    return {"variables": [wq, wk, phi], "batch": batch, "reference": reference, "candidate": candidate}
