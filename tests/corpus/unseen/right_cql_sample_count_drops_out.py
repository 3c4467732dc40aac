"""Right: leaving 2N out of the importance-sampled logsumexp only shifts the loss by a constant; the gradient stays.

Source (real): https://github.com/aviralkumar2907/CQL/issues/7
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, m = 8, 4, 2, 6
    w1 = tf.Variable((0.5 * rng.normal(size=(d + a, 10))).astype(np.float32), name="q_in")
    w2 = tf.Variable((0.5 * rng.normal(size=(10, 1))).astype(np.float32), name="q_out")
    batch = {"obs": rng.normal(size=(n, d)).astype(np.float32), "act": rng.uniform(-1, 1, (n, a)).astype(np.float32),
             "rand": rng.uniform(-1, 1, (n, m, a)).astype(np.float32), "pi": rng.uniform(-1, 1, (n, m, a)).astype(np.float32),
             "logp": rng.normal(size=(n, m)).astype(np.float32), "target": rng.normal(size=n).astype(np.float32)}
    unif = float(a * np.log(0.5))

    def q(o, act):
        return tf.matmul(tf.nn.tanh(tf.matmul(tf.concat([o, act], -1), w1)), w2)[..., 0]

    def reference(b):
        loss = 0.0
        for i in range(n):
            o = tf.tile(b["obs"][i][None], [m, 1])
            s_rand = tf.reduce_sum(tf.exp(q(o, b["rand"][i])) / np.exp(unif)) / (2 * m)
            s_pi = tf.reduce_sum(tf.exp(q(o, b["pi"][i])) / tf.exp(b["logp"][i])) / (2 * m)
            q_data = q(b["obs"][i][None], b["act"][i][None])[0]
            loss += tf.math.log(s_rand + s_pi) - q_data + tf.square(q_data - b["target"][i])
        return loss / n

    def candidate(b):
        tiled = tf.repeat(b["obs"][:, None], m, axis=1)
        cat = tf.concat([q(tiled, b["rand"]) - unif, q(tiled, b["pi"]) - b["logp"]], axis=1)
        q_data = q(b["obs"], b["act"])
        conservative = tf.reduce_mean(tf.reduce_logsumexp(cat, axis=1)) - tf.reduce_mean(q_data)
        bellman = tf.reduce_mean(tf.square(q_data - b["target"]))
        return conservative + bellman

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
