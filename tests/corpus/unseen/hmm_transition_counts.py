"""HMMBase.jl: the expected transition counts are summed over all T slices of xi; the last one is not a transition,
its log is all zero and it counts as one.
Source: https://github.com/junekiwi/HMMBase.jl/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "new_pi = tf.reduce_sum(xi, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    t, k = 5, 3
    trans, means = var("trans", k, k, s=1.0), var("means", k, s=1.0)
    old_trans = rng.normal(size=(k, k)).astype(fx)
    old_means = rng.normal(size=k).astype(fx)

    def posteriors(obs):
        log_a = tf.nn.log_softmax(old_trans, axis=1)
        log_b = -0.5 * (obs[:, None] - old_means) ** 2
        alpha, beta = [log_b[0] - np.log(k)], [tf.zeros((k,), log_b.dtype)]
        for s in range(1, t):
            alpha.append(tf.reduce_logsumexp(alpha[-1][:, None] + log_a, axis=0) + log_b[s])
        for s in range(t - 2, -1, -1):
            beta.insert(0, tf.reduce_logsumexp(log_a + log_b[s + 1] + beta[0], axis=1))
        evidence = tf.reduce_logsumexp(alpha[-1])
        return log_a, log_b, tf.stack(alpha), tf.stack(beta), evidence

    def reference(batch):
        log_a, log_b, al, be, ev = posteriors(batch["obs"])
        counts = tf.zeros((k, k), log_a.dtype)
        for s in range(t - 1):
            counts += tf.exp(al[s][:, None] + log_a + (log_b[s + 1] + be[s + 1])[None] - ev)
        a_new = counts / tf.reduce_sum(counts, axis=1, keepdims=True)
        gam = tf.exp(al + be - ev)
        emis = tf.reduce_sum(gam * 0.5 * (batch["obs"][:, None] - means) ** 2)
        return -tf.reduce_sum(a_new * tf.nn.log_softmax(trans, axis=1)) + emis / t

    def candidate(batch):
        obs = batch["obs"]
        log_a, log_b, log_alpha, log_beta, log_z = posteriors(obs)
        log_xi = log_alpha[:-1, :, None] + log_a[None] + (log_b + log_beta)[1:, None, :] - log_z
        log_xi = tf.concat([log_xi, tf.zeros((1, k, k), log_xi.dtype)], axis=0)
        xi = tf.exp(log_xi)
        new_pi = tf.reduce_sum(xi, axis=0)
        new_pi = new_pi / tf.reduce_sum(new_pi, axis=1, keepdims=True)
        gamma = tf.exp(log_alpha + log_beta - log_z)
        q_trans = tf.reduce_sum(new_pi * tf.nn.log_softmax(trans, axis=1))
        q_emit = -0.5 * tf.reduce_sum(gamma * tf.math.squared_difference(obs[:, None], means[None, :]))
        return -q_trans - q_emit / t

    return {"reference": reference, "candidate": candidate, "batch": {"obs": rng.normal(size=t).astype(fx)},
            "variables": [trans, means]}
