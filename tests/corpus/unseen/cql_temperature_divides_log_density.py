"""CQL(H) with importance sampling: the temperature divides the log-densities too, it belongs to Q only.

Source (real): https://github.com/young-geng/CQL/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'ood = tf.reduce_logsumexp(cat / TEMP, axis=1) * TEMP',
    "same_forward_value": False,
}

TEMP, MIN_Q_WEIGHT, GAMMA = 5.0, 5.0, 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, S = 9, 4, 2, 5
    f = lambda *s: rng.normal(size=s).astype("float32")
    u = f(n, S, a)
    batch = {
        "obs": f(n, d), "action": np.tanh(f(n, a)), "reward": f(n), "next_v": 0.5 * f(n),
        "rand_action": rng.uniform(-1, 1, (n, S, a)).astype("float32"),
        "pi_action": np.tanh(u),
        "pi_logp": (-0.5 * u ** 2 - 0.92 - np.log(1 - np.tanh(u) ** 2 + 1e-4)).sum(-1).astype("float32"),
    }
    W1 = tf.Variable(0.4 * f(d + a, 8), name="W1")
    b1 = tf.Variable(0.1 * f(8), name="b1")
    W2 = tf.Variable(1.0 * f(8, 1), name="W2")
    log_unif = np.float32(np.log(0.5 ** a))

    def q_fn(obs, act):
        return tf.squeeze(tf.tensordot(tf.nn.relu(tf.tensordot(tf.concat([obs, act], -1), W1, 1) + b1), W2, 1), -1)

    def q_many(obs, acts):
        return q_fn(tf.repeat(obs[:, None], S, axis=1), acts)

    def td_loss(b, q):
        return 0.5 * tf.reduce_mean(tf.square(q - (b["reward"] + GAMMA * b["next_v"])))

    def reference(b):
        n = len(b["obs"])
        q = q_fn(b["obs"], b["action"])
        q_rand, q_pi = q_many(b["obs"], b["rand_action"]), q_many(b["obs"], b["pi_action"])
        gap = 0.0
        for i in range(n):
            terms = [q_rand[i, s] / TEMP - log_unif for s in range(S)]
            terms += [q_pi[i, s] / TEMP - b["pi_logp"][i, s] for s in range(S)]
            gap += TEMP * tf.reduce_logsumexp(tf.stack(terms)) - q[i]
        return td_loss(b, q) + MIN_Q_WEIGHT * gap / n

    def candidate(b):
        q_data = q_fn(b["obs"], b["action"])
        cat = tf.concat([q_many(b["obs"], b["rand_action"]) - log_unif,
                         q_many(b["obs"], b["pi_action"]) - b["pi_logp"]], axis=1)
        ood = tf.reduce_logsumexp(cat / TEMP, axis=1) * TEMP
        conservative = MIN_Q_WEIGHT * tf.reduce_mean(ood - q_data)
        return td_loss(b, q_data) + conservative

    return {"variables": [W1, b1, W2], "batch": batch, "reference": reference, "candidate": candidate}
