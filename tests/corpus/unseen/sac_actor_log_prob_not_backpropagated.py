"""SAC in ReAgent: the log probability in the actor loss is a constant, only the Q term trains the actor.

Source (real): https://github.com/facebookresearch/ReAgent/pull/358
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'actor_log_prob = tf.stop_gradient(gaussian_log_prob(loc, scale_log, raw))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, entropy_temperature = 9, 4, 3, 0.6

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    loc_w = tf.Variable(mat(ds, da), name="loc_w")
    scale_w = tf.Variable(mat(ds, da), name="scale_w")
    value_w = tf.Variable(mat(ds, 1), name="value_w")
    q1, q2 = mat(ds + da, 7), mat(7, 1)
    batch = {"state": mat(n, ds), "r": rng.normal(0, 1, (n, da)).astype("float32")}

    def q_net(s, a):
        return tf.nn.elu(tf.concat([s, a], -1) @ q1) @ q2

    def gaussian_log_prob(loc, scale_log, raw):
        z = (raw - loc) * tf.exp(-scale_log)
        squash = 2.0 * (float(np.log(2.0)) - raw - tf.nn.softplus(-2.0 * raw))
        return tf.reduce_sum(-0.5 * z * z - scale_log - squash, axis=1, keepdims=True)

    def params(b):
        return b["state"] @ loc_w, tf.clip_by_value(b["state"] @ scale_w, -4.0, 1.0)

    def reference(b):
        mu, ls = params(b)
        total = 0.0
        for i in range(n):
            raw = mu[i] + tf.exp(ls[i]) * b["r"][i]
            logp = gaussian_log_prob(mu[i:i + 1], ls[i:i + 1], raw[None])[0, 0]
            q = q_net(b["state"][i:i + 1], tf.tanh(raw)[None])[0, 0]
            total += entropy_temperature * logp - q
            v = tf.tensordot(b["state"][i], value_w[:, 0], 1)
            total += 0.5 * (v - tf.stop_gradient(q - entropy_temperature * logp)) ** 2
        return total / n

    def candidate(b):
        loc, scale_log = params(b)
        raw = loc + tf.exp(scale_log) * b["r"]
        action = tf.tanh(raw)
        actor_log_prob = tf.stop_gradient(gaussian_log_prob(loc, scale_log, raw))
        min_q = q_net(b["state"], action)
        actor_loss = tf.reduce_mean(entropy_temperature * actor_log_prob - min_q)
        target_value = tf.stop_gradient(min_q - entropy_temperature * actor_log_prob)
        value_loss = tf.reduce_mean(0.5 * (b["state"] @ value_w - target_value) ** 2)
        return actor_loss + value_loss

    return {"variables": [loc_w, scale_w, value_w], "batch": batch, "reference": reference, "candidate": candidate}
