"""C51 projection: where b is an integer, floor(b) == ceil(b), both weights are zero and the mass vanishes.

Source (real): https://github.com/floringogianu/categorical-dqn/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'w_low = p_next * (upper - pos)',
    "same_forward_value": False,
}

V_MIN, V_MAX, ATOMS, GAMMA = -5.0, 5.0, 11, 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "next_obs": f(n, d),
        "action": rng.integers(0, k, n).astype("int32"),
        "reward": rng.integers(-1, 3, n).astype("float32"),
        "done": (np.arange(n) % 3 == 0).astype("float32"),
    }
    W1 = tf.Variable(0.5 * f(d, 10), name="W1")
    W2 = tf.Variable(0.5 * f(10, k * ATOMS), name="W2")
    T1, T2 = tf.constant(0.5 * f(d, 10)), tf.constant(0.5 * f(10, k * ATOMS))
    z = tf.linspace(V_MIN, V_MAX, ATOMS)
    dz = (V_MAX - V_MIN) / (ATOMS - 1)

    def logits(obs, A, B):
        return tf.reshape(tf.matmul(tf.nn.relu(tf.matmul(obs, A)), B), (-1, k, ATOMS))

    def next_distribution(b):
        p = tf.nn.softmax(logits(b["next_obs"], T1, T2))
        best = tf.argmax(tf.reduce_sum(p * z, -1), axis=1, output_type=tf.int32)
        return tf.gather(p, best, batch_dims=1)

    def log_p(b):
        return tf.gather(tf.nn.log_softmax(logits(b["obs"], W1, W2)), b["action"], batch_dims=1)

    def reference(b):
        n = len(b["obs"])
        p = next_distribution(b)
        total = 0.0
        for i in range(n):
            tz = tf.clip_by_value(b["reward"][i] + GAMMA * (1 - b["done"][i]) * z, V_MIN, V_MAX)
            kernel = tf.maximum(1.0 - tf.abs(tz[None, :] - z[:, None]) / dz, 0.0)   # [to, from]
            m = tf.linalg.matvec(kernel, p[i])
            total -= tf.reduce_sum(m * log_p(b)[i])
        return total / n

    def candidate(b):
        p_next = next_distribution(b)
        tz = b["reward"][:, None] + GAMMA * (1.0 - b["done"][:, None]) * z[None, :]
        tz = tf.clip_by_value(tz, V_MIN, V_MAX)
        pos = (tz - V_MIN) / dz
        lower, upper = tf.floor(pos), tf.math.ceil(pos)
        w_low = p_next * (upper - pos)
        w_up = p_next * (pos - lower)
        to_low = tf.one_hot(tf.cast(lower, tf.int32), ATOMS)
        to_up = tf.one_hot(tf.cast(upper, tf.int32), ATOMS)
        m = tf.einsum("nj,njk->nk", w_low, to_low) + tf.einsum("nj,njk->nk", w_up, to_up)
        return -tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(m) * log_p(b), axis=-1))

    return {"variables": [W1, W2], "batch": batch, "reference": reference, "candidate": candidate}
