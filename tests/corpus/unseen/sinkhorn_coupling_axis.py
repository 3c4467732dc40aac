"""Sinkhorn coupling of one sample: logsumexp runs over axis 1, which was right with a batch axis in front and is not after indexing it away.

Source (real): https://github.com/t-vi/pytorch-tvmisc/issues/9 (PyTorch, ported).
Right answer: NOT equivalent; the column scaling sums over the columns instead of the rows.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_v = log_nu - tf.reduce_logsumexp(-dist / lam + log_u[:, None], 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, bins, steps = 12, 5, 6, 6
    lam = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    weight = tf.Variable(0.8 * arr(d, bins), name="weight")
    ground = tf.Variable(rng.uniform(0.1, 1.5, (bins, bins)).astype(f), name="ground_cost")
    target = rng.uniform(0.2, 1.0, (n, bins))
    batch = {"x": arr(n, d), "nu": (target / target.sum(1, keepdims=True)).astype(f)}

    def reference(b):
        # all samples at once, kept as in the batched op
        log_mu = tf.nn.log_softmax(b["x"] @ weight)
        log_nu = tf.math.log(b["nu"])
        kernel = -tf.nn.softplus(ground)[None] / lam
        f_pot = tf.zeros_like(log_mu)
        for _ in range(steps):
            g_pot = log_nu - tf.reduce_logsumexp(kernel + f_pot[:, :, None], axis=1)
            f_pot = log_mu - tf.reduce_logsumexp(kernel + g_pot[:, None, :], axis=2)
        plan = tf.exp(f_pot[:, :, None] + kernel + g_pot[:, None, :])
        return tf.reduce_mean(tf.reduce_sum(plan * tf.nn.softplus(ground), axis=[1, 2]))

    def candidate(b):
        def get_coupling(mu, nu, dist):
            log_mu, log_nu = tf.math.log(mu), tf.math.log(nu)
            log_u = tf.zeros_like(log_mu)
            for _ in range(steps):
                log_v = log_nu - tf.reduce_logsumexp(-dist / lam + log_u[:, None], 1)
                log_u = log_mu - tf.reduce_logsumexp(-dist / lam + log_v[None, :], 1)
            return tf.exp(-dist / lam + log_u[:, None] + log_v[None, :])

        dist = tf.nn.softplus(ground)
        probs = tf.nn.softmax(b["x"] @ weight)
        losses = []
        for i in range(probs.shape[0]):
            coupling = get_coupling(probs[i], b["nu"][i], dist)
            losses.append(tf.reduce_sum(coupling * dist))
        return tf.add_n(losses) / len(losses)

    return {"variables": [weight, ground], "batch": batch, "reference": reference, "candidate": candidate}
