"""The last n-1 samples have a shorter n-step return but are bootstrapped with the full gamma**n.

Source (real): https://github.com/ray-project/ray/issues/4626
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = rew_n + gamma ** n_step * boot",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    t, d, k, n_step, gamma = 12, 4, 3, 5, 0.8
    w = tf.Variable(rng.normal(size=(d, k)).astype(np.float32), name="q_w")
    c = tf.Variable(np.zeros(k, np.float32), name="q_b")
    wt = (1.5 * rng.normal(size=(d, k))).astype(np.float32)
    batch = {"obs": rng.normal(size=(t, d)).astype(np.float32), "next_obs": rng.normal(size=(t, d)).astype(np.float32),
             "act": rng.integers(0, k, t).astype(np.int32), "rew": (0.5 * rng.normal(size=t)).astype(np.float32)}

    def huber(x):
        return tf.where(tf.abs(x) < 5.0, 0.5 * tf.square(x), 5.0 * tf.abs(x) - 12.5)

    def q_taken(b):
        return tf.gather(tf.matmul(b["obs"], w) + c, b["act"], batch_dims=1)

    def reference(b):
        nxt = tf.reduce_max(tf.matmul(b["next_obs"], wt), axis=1) + 2.0
        targets = []
        for i in range(t):
            ret, disc = 0.0, 1.0
            end = min(i + n_step, t)
            for j in range(i, end):
                ret += disc * b["rew"][j]
                disc *= gamma
            targets.append(ret + disc * nxt[end - 1])
        return tf.reduce_mean(huber(q_taken(b) - tf.stack(targets)))

    def candidate(b):
        end = np.minimum(np.arange(t) + n_step, t)
        powers = np.zeros((t, t), np.float32)
        for i in range(t):
            powers[i, i:end[i]] = gamma ** np.arange(end[i] - i)
        rew_n = tf.linalg.matvec(tf.constant(powers), b["rew"])
        nxt = tf.reduce_max(tf.matmul(b["next_obs"], wt), axis=1) + 2.0
        boot = tf.gather(nxt, end - 1)
        target = rew_n + gamma ** n_step * boot
        td = q_taken(b) - tf.stop_gradient(target)
        return tf.reduce_mean(huber(td))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
