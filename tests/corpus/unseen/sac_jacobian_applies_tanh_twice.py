"""SAC: the action is already squashed, and the Jacobian term squashes it a second time.

Source (real): https://github.com/boyu-ai/Hands-on-RL/issues/44
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'log_prob = log_prob - tf.math.log(1.0 - tf.tanh(action) ** 2 + 1e-7)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, h, bound = 12, 3, 10, 2.0

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    w1 = tf.Variable(mat(ds, h), name="fc1")
    wm = tf.Variable(mat(h, 1), name="fc_mu")
    ws = tf.Variable(mat(h, 1), name="fc_std")
    log_alpha = tf.Variable(np.float32(-1.0), name="log_alpha")
    q1, q2 = mat(ds + 1, 1), mat(ds + 1, 1)
    batch = {"states": mat(n, ds), "noise": rng.normal(0, 1, (n, 1)).astype("float32")}

    def heads(x):
        hid = tf.nn.relu(x @ w1)
        return hid @ wm, tf.nn.softplus(hid @ ws) + 1e-3

    def sac_losses(act, logp, b):
        sa = tf.concat([b["states"], act], 1)
        q_min = tf.minimum(sa @ q1, sa @ q2)
        entropy = -logp
        actor = tf.reduce_mean(-tf.stop_gradient(tf.exp(log_alpha)) * entropy - q_min)
        alpha = tf.reduce_mean(tf.stop_gradient(entropy + 1.0) * tf.exp(log_alpha))
        return actor + 0.3 * alpha

    def reference(b):
        mu, std = heads(b["states"])
        u = mu + std * b["noise"]
        logp = -0.5 * tf.square((u - mu) / std) - tf.math.log(std) - 0.5 * float(np.log(2 * np.pi))
        squashed = tf.tanh(u)
        logp -= tf.math.log(1.0 - squashed ** 2 + 1e-7)
        return sac_losses(bound * squashed, logp, b)

    def candidate(b):
        mu, std = heads(b["states"])
        normal_sample = mu + std * b["noise"]
        log_prob = -0.5 * ((normal_sample - mu) / std) ** 2 - tf.math.log(std) - 0.5 * float(np.log(2 * np.pi))
        action = tf.tanh(normal_sample)
        log_prob = log_prob - tf.math.log(1.0 - tf.tanh(action) ** 2 + 1e-7)
        action = action * bound
        return sac_losses(action, log_prob, b)

    return {"variables": [w1, wm, ws, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
