"""QR-DQN: the 1-D tau is laid along the target quantiles instead of along the predicted ones.

Source (real): https://github.com/BY571/QR-DQN/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'weight = tf.abs(tau - tf.cast(tf.stop_gradient(td) < 0.0, tf.float32))',
    "same_forward_value": False,
}

GAMMA, N, KAPPA = 0.95, 5, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 9, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "next_obs": f(n, d), "reward": 1.5 * f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.2).astype("float32"),
    }
    hidden = tf.keras.layers.Dense(12, activation="relu")
    head = tf.keras.layers.Dense(k * N)
    hidden.build((None, d)), head.build((None, 12))
    for layer in (hidden, head):
        layer.set_weights([0.6 * rng.normal(size=w.shape) for w in layer.get_weights()])
    frozen = [tf.constant(w) for w in hidden.get_weights() + head.get_weights()]
    tau = tf.constant((np.arange(N) + 0.5) / N, tf.float32)

    def quantiles(obs):
        return tf.reshape(head(hidden(obs)), (-1, k, N))

    def target(b):
        h = tf.nn.relu(tf.matmul(b["next_obs"], frozen[0]) + frozen[1])
        q = tf.reshape(tf.matmul(h, frozen[2]) + frozen[3], (-1, k, N))
        best = tf.argmax(tf.reduce_mean(q, -1), axis=1, output_type=tf.int32)
        nxt = tf.gather(q, best, batch_dims=1)
        return b["reward"][:, None] + GAMMA * (1.0 - b["done"][:, None]) * nxt

    def huber(x):
        return tf.where(tf.abs(x) <= KAPPA, 0.5 * x * x, KAPPA * (tf.abs(x) - 0.5 * KAPPA))

    def reference(b):
        theta, y = tf.gather(quantiles(b["obs"]), b["action"], batch_dims=1), target(b)
        total = 0.0
        for i in range(N):
            for j in range(N):
                u = y[:, j] - theta[:, i]
                w = tf.where(u < 0.0, 1.0 - tau[i], tau[i])
                total += tf.reduce_mean(w * huber(u)) / N
        return total

    def candidate(b):
        theta = tf.gather(quantiles(b["obs"]), b["action"], batch_dims=1)
        td = target(b)[:, None, :] - theta[:, :, None]
        weight = tf.abs(tau - tf.cast(tf.stop_gradient(td) < 0.0, tf.float32))
        loss = weight * huber(td)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(loss, axis=2), axis=1))

    variables = [v.value for l in (hidden, head) for v in l.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
