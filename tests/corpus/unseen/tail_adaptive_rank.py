"""The tail-adaptive f-divergence weights particles by their rank, but the ranking logic
returns the sort order in place of the ranks. Source: https://github.com/pyro-ppl/pyro/issues/3170"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": "rank = tf.gather(tf.range(1, P + 1), order)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    P, d = 7, 3
    loc, log_scale = var("loc", d), var("log_scale", d, s=0.3)
    tail_beta = -1.0

    def log_joint(x, data):
        prior = -0.5 * tf.reduce_sum(x ** 2, -1)
        lik = -0.5 * tf.reduce_sum(tf.square(data[None] - tf.tanh(x)[:, None]), (1, 2))
        return prior + lik

    def reference(batch):
        x = loc + tf.exp(log_scale) * batch["eps"]
        q_loc, q_ls = tf.stop_gradient(loc), tf.stop_gradient(log_scale)
        log_q = tf.reduce_sum(-0.5 * tf.square((x - q_loc) / tf.exp(q_ls)) - q_ls, -1)
        log_w = log_joint(x, batch["data"]) - log_q
        smaller = tf.cast(log_w[None, :] <= log_w[:, None], x.dtype)
        weight = tf.stop_gradient(tf.reduce_sum(smaller, axis=1) ** tail_beta)
        return -tf.reduce_sum(weight / tf.reduce_sum(weight) * log_w)

    def candidate(batch):
        scale = tf.exp(log_scale)
        particles = loc + scale * batch["eps"]
        frozen = tf.stop_gradient(scale)
        white = (particles - tf.stop_gradient(loc)) / frozen
        log_f = log_joint(particles, batch["data"]) + tf.reduce_sum(0.5 * white ** 2 + tf.math.log(frozen), axis=1)
        order = tf.argsort(log_f)
        rank = tf.gather(tf.range(1, P + 1), order)
        gamma = tf.pow(tf.cast(rank, log_f.dtype), tail_beta)
        gamma = tf.stop_gradient(gamma)
        surrogate = tf.reduce_sum(log_f * gamma) / tf.reduce_sum(gamma)
        return -surrogate

    return {"reference": reference, "candidate": candidate,
            "batch": {"eps": arr(P, d), "data": arr(5, d)},
            "variables": [loc, log_scale]}
