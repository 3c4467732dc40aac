"""The importance weights are divided by the CQL temperature together with Q (should be Q / temp - log p).

Source (real): https://github.com/young-geng/CQL/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'scaled = tf.concat([q_rand - rand_density, q_pi - b["logp"]], axis=1) / temp',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, m, temp = 8, 4, 2, 5, 3.0
    w1 = tf.Variable((0.6 * rng.normal(size=(d + a, 10))).astype(np.float32), name="qf_in")
    w2 = tf.Variable((0.9 * rng.normal(size=(10, 1))).astype(np.float32), name="qf_out")
    batch = {"obs": rng.normal(size=(n, d)).astype(np.float32), "act": rng.uniform(-1, 1, (n, a)).astype(np.float32),
             "rand": rng.uniform(-1, 1, (n, m, a)).astype(np.float32), "pi": rng.uniform(-1, 1, (n, m, a)).astype(np.float32),
             "logp": rng.normal(0.5, 1.8, (n, m)).astype(np.float32), "td_target": rng.normal(size=n).astype(np.float32)}
    rand_density = float(a * np.log(0.5))
    min_q_weight = 2.0

    def qf(o, act):
        x = tf.concat([o, act], axis=-1)
        return tf.squeeze(tf.matmul(tf.nn.tanh(tf.matmul(x, w1)), w2), -1)

    def rep(o):
        return tf.tile(o[:, None, :], [1, m, 1])

    def reference(b):
        q_data = qf(b["obs"], b["act"])
        q_rand, q_pi = qf(rep(b["obs"]), b["rand"]), qf(rep(b["obs"]), b["pi"])
        cat = tf.concat([q_rand / temp - rand_density, q_pi / temp - b["logp"]], axis=1)
        ood = temp * tf.reduce_logsumexp(cat, axis=1)
        return tf.reduce_mean(tf.square(q_data - b["td_target"])) + min_q_weight * tf.reduce_mean(ood - q_data)

    def candidate(b):
        q_data = qf(b["obs"], b["act"])
        td_loss = tf.reduce_mean(tf.square(q_data - b["td_target"]))
        tiled = rep(b["obs"])
        q_rand = qf(tiled, b["rand"])
        q_pi = qf(tiled, b["pi"])
        scaled = tf.concat([q_rand - rand_density, q_pi - b["logp"]], axis=1) / temp
        ood = tf.reduce_logsumexp(scaled, axis=1) * temp
        gap = tf.reduce_mean(ood - q_data)
        return td_loss + min_q_weight * gap

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
