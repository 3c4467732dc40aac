"""The policy squashes its mean and not its sample, and the tanh correction is subtracted from the log probability all the same.

Source (real): https://github.com/hwang-ua/inac_pytorch/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'logp_pi -= tf.reduce_sum(2.0 * (np.log(2.0) - actions - tf.nn.softplus(-2.0 * actions)), axis=1)',
    "same_forward_value": False,
}
TAU = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, h = 9, 5, 2, 8

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    mu_w = tf.Variable(mat(ds, da), name="mu_w")
    log_std = tf.Variable(mat(da) - 0.5, name="log_std")
    v_w = tf.Variable(mat(ds, 1), name="value_w")
    qw1, qw2 = mat(ds + da, h), mat(h, 1)
    batch = {"obs": mat(n, ds), "eps": rng.normal(0, 1, (n, da)).astype("float32")}

    def q(obs, act):
        return tf.nn.tanh(tf.concat([obs, act], 1) @ qw1) @ qw2

    def gauss(x, mu, ls):
        return tf.reduce_sum(-0.5 * ((x - mu) / tf.exp(ls)) ** 2 - ls - 0.5 * np.log(2 * np.pi).astype("float32"), axis=1)

    def total(actions, logp, b):
        q_pi = q(b["obs"], actions)[:, 0]
        value = (b["obs"] @ v_w)[:, 0]
        value_loss = 0.5 * tf.reduce_mean((value - tf.stop_gradient(q_pi - TAU * logp)) ** 2)
        return value_loss + tf.reduce_mean(TAU * logp - q_pi)

    def reference(b):
        mean = tf.tanh(b["obs"] @ mu_w)
        act = mean + tf.exp(log_std) * b["eps"]
        return total(act, gauss(act, mean, log_std), b)

    def candidate(b):
        mean = tf.tanh(b["obs"] @ mu_w)
        actions = mean + tf.exp(log_std) * b["eps"]
        logp_pi = gauss(actions, mean, log_std)
        logp_pi -= tf.reduce_sum(2.0 * (np.log(2.0) - actions - tf.nn.softplus(-2.0 * actions)), axis=1)
        return total(actions, logp_pi, b)

    return {"variables": [mu_w, log_std, v_w], "batch": batch, "reference": reference, "candidate": candidate}
