"""pytorch-dqn: the q-values gathered for the taken actions have shape [batch, 1], the maximum over the next state's has shape
[batch]; without next_max_q.unsqueeze(-1) the Bellman error becomes a [batch, batch] matrix.
Source: https://github.com/hungtuchen/pytorch-dqn/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "next_max_q = tf.reduce_max(target_Q(next_obs_batch), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, k = 16, 5, 7, 4
    gamma = 0.99
    fc1 = keras.Variable(rng.normal(size=(d, h)) * 0.5, dtype=f, name="fc1")
    fc2 = keras.Variable(rng.normal(size=(h, k)) * 0.5, dtype=f, name="fc2")
    frozen1, frozen2 = (tf.constant(rng.normal(size=s) * 0.5, f) for s in ((d, h), (h, k)))

    def reference(batch):
        total = tf.zeros([], f)
        for i in range(n):
            q = tf.linalg.matvec(fc2, tf.tanh(tf.linalg.matvec(fc1, batch["obs"][i], transpose_a=True)), transpose_a=True)
            q_next = tf.linalg.matvec(frozen2, tf.tanh(tf.linalg.matvec(frozen1, batch["next_obs"][i], transpose_a=True)),
                                      transpose_a=True)
            y = batch["rew"][i] + gamma * (1.0 - batch["done"][i]) * tf.reduce_max(q_next)
            err = tf.abs(y - q[batch["act"][i]])
            total += tf.where(err < 1.0, 0.5 * err ** 2, err - 0.5)
        return total / n

    def candidate(batch):
        def Q(x):
            return tf.tanh(x @ tf.convert_to_tensor(fc1)) @ tf.convert_to_tensor(fc2)

        def target_Q(x):
            return tf.tanh(x @ frozen1) @ frozen2

        obs_batch, next_obs_batch, act_batch = batch["obs"], batch["next_obs"], batch["act"]
        rew_batch, done_mask = batch["rew"][:, None], batch["done"][:, None]
        not_done_mask = 1 - done_mask
        current_Q_values = tf.gather(Q(obs_batch), act_batch[:, None], axis=1, batch_dims=1)
        next_max_q = tf.reduce_max(target_Q(next_obs_batch), axis=1)
        next_Q_values = not_done_mask * next_max_q
        target_Q_values = rew_batch + gamma * next_Q_values
        bellman_error = target_Q_values - current_Q_values
        clipped = tf.clip_by_value(tf.abs(bellman_error), 0.0, 1.0)
        return tf.reduce_mean(clipped * (tf.abs(bellman_error) - 0.5 * clipped))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": rng.normal(size=(n, d)).astype(f), "next_obs": rng.normal(size=(n, d)).astype(f),
                  "act": rng.integers(0, k, size=n).astype("int32"), "rew": rng.normal(size=n).astype(f),
                  "done": (rng.uniform(size=n) < 0.2).astype(f)},
        "variables": [fc1, fc2],
    }
