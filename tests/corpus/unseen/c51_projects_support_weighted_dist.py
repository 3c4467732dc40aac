"""The distribution handed to the C51 projection is p(z) * z (the summand of the expected value), not p(z).

Source (real): https://github.com/higgsfield/RL-Adventure/issues/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_dist = tf.nn.softmax(target_net(b["next_obs"]), axis=-1) * support',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, n_act, atoms = 9, 5, 11, 3, 9
    v_min, v_max, gamma = -4.0, 4.0, 0.95
    dz = (v_max - v_min) / (atoms - 1)

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    w1 = tf.Variable(mat(d, h), name="w1")
    b1 = tf.Variable(mat(h), name="b1")
    w2 = tf.Variable(mat(h, n_act * atoms), name="w2")
    tw1, tb1, tw2 = mat(d, h), mat(h), mat(h, n_act * atoms)
    support = tf.linspace(v_min, v_max, atoms)
    batch = {
        "obs": mat(n, d), "next_obs": mat(n, d),
        "act": rng.integers(0, n_act, n).astype("int32"),
        "rew": rng.normal(0.4, 1.0, n).astype("float32"),
        "done": (rng.random(n) < 0.2).astype("float32"),
    }

    def online(x):
        return tf.reshape(tf.nn.relu(x @ w1 + b1) @ w2, [-1, n_act, atoms])

    def target_net(x):
        return tf.reshape(tf.nn.relu(x @ tw1 + tb1) @ tw2, [-1, n_act, atoms])

    def project(dist, rew, done):
        tz = tf.clip_by_value(rew[:, None] + gamma * (1.0 - done)[:, None] * support, v_min, v_max)
        pos = tf.clip_by_value((tz - v_min) / dz, 0.0, atoms - 1.0)
        low = tf.minimum(tf.floor(pos), atoms - 2.0)
        frac = pos - low
        low_i = tf.cast(low, tf.int32)
        m = tf.one_hot(low_i, atoms) * (dist * (1.0 - frac))[..., None]
        m += tf.one_hot(low_i + 1, atoms) * (dist * frac)[..., None]
        return tf.reduce_sum(m, axis=1)

    def cross_entropy(proj, b):
        logp = tf.nn.log_softmax(online(b["obs"]), axis=-1)
        logp_a = tf.gather(logp, b["act"], batch_dims=1)
        return -tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(proj) * logp_a, axis=1))

    def reference(b):
        probs = tf.nn.softmax(target_net(b["next_obs"]), axis=-1)
        q_next = tf.reduce_sum(probs * support, axis=2)
        best = tf.argmax(q_next, axis=1)
        chosen = tf.gather(probs, best, batch_dims=1)
        return cross_entropy(project(chosen, b["rew"], b["done"]), b)

    def candidate(b):
        next_dist = tf.nn.softmax(target_net(b["next_obs"]), axis=-1) * support
        next_action = tf.argmax(tf.reduce_sum(next_dist, axis=2), axis=1)
        next_dist = tf.gather(next_dist, next_action, batch_dims=1)
        proj_dist = project(next_dist, b["rew"], b["done"])
        return cross_entropy(proj_dist, b)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
