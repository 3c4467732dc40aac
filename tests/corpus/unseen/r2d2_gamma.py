"""R2D2: the bootstrap of the multistep return is discounted by gamma instead of gamma ** n_step.
Source: https://github.com/horoiwa/deep_reinforcement_learning_gallery/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'TQ = reward_sum + gamma * (1.0 - dones) * h_inv(next_maxq)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    B, T, k, A, n_step = 3, 4, 5, 3, 5
    gamma = 0.85
    q_w = tf.Variable(normal(k, A), name="q_w")
    target_w = normal(k, A, scale=2.0)

    def h(x):
        return tf.sign(x) * (tf.sqrt(tf.abs(x) + 1.0) - 1.0) + 1e-3 * x

    def h_inv(x, eps=1e-3):
        num = tf.sqrt(1.0 + 4.0 * eps * (tf.abs(x) + 1.0 + eps)) - 1.0
        return tf.sign(x) * (tf.square(num / (2.0 * eps)) - 1.0)

    def reference(batch):
        online = batch["s"] @ q_w
        pick = tf.argmax(batch["s_n"] @ q_w, -1)
        boot = h_inv(tf.gather(batch["s_n"] @ target_w, pick, batch_dims=2))
        g = (1.0 - batch["done"]) * boot
        for j in reversed(range(n_step)):
            g = batch["r"][:, :, j] + gamma * g
        td = tf.stop_gradient(h(g)) - tf.gather(online, batch["a"], batch_dims=2)
        return tf.reduce_mean(batch["is_w"] * tf.reduce_mean(tf.square(td), axis=1))

    def candidate(batch):
        dones = batch["done"]
        qvalues = tf.einsum("btk,ka->bta", batch["s"], q_w)
        onehot = tf.one_hot(batch["a"], A, dtype=qvalues.dtype)
        Q = tf.reduce_sum(qvalues * onehot, axis=2)
        next_q = tf.einsum("btk,ka->bta", batch["s_n"], q_w)
        mask = tf.one_hot(tf.argmax(next_q, axis=2), A, dtype=qvalues.dtype)
        next_maxq = tf.reduce_sum(tf.einsum("btk,ka->bta", batch["s_n"], target_w) * mask, axis=2)
        discounts = gamma ** np.arange(n_step, dtype=floatx)
        reward_sum = tf.reduce_sum(batch["r"] * discounts, axis=2)
        TQ = reward_sum + gamma * (1.0 - dones) * h_inv(next_maxq)
        priority_free = tf.square(tf.stop_gradient(h(TQ)) - Q)
        return tf.reduce_mean(tf.reduce_mean(priority_free, axis=1) * batch["is_w"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": normal(B, T, k), "s_n": normal(B, T, k), "a": rng.integers(0, A, (B, T)), "r": normal(B, T, n_step),
                      "done": np.zeros((B, T), floatx), "is_w": rng.uniform(0.3, 1.0, B).astype(floatx)},
            "variables": [q_w]}
