"""Tensorforce's prioritized replay samples by priority but returns no importance-sampling weights, so the DQN loss is the
plain mean over a biased sample (the CNTK and baselines versions multiply each TD error's loss with its weight).
Source: https://github.com/tensorforce/tensorforce/issues/267"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(loss_per_instance)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k, h = 22, 4, 3, 6
    memory_size, beta, gamma = 1000, 0.7, 0.95
    net = keras.Sequential([keras.Input((d,)), keras.layers.Dense(h, activation="tanh", name="dense0"),
                            keras.layers.Dense(k, name="action_values")])
    tgt = [tf.constant(rng.normal(size=s) * 0.5, f) for s in ((d, h), (h, k))]

    def target_q(x):
        return tf.matmul(tf.tanh(tf.matmul(x, tgt[0])), tgt[1])

    def reference(batch):
        chosen = tf.reduce_sum(net(batch["states"]) * tf.one_hot(batch["actions"], k, dtype=f), axis=1)
        y = batch["reward"] + gamma * (1 - batch["terminal"]) * tf.reduce_max(target_q(batch["next_states"]), axis=1)
        weights = tf.pow(memory_size * batch["sampling_prob"], -beta)
        weights = weights / tf.reduce_max(weights)
        err = tf.abs(chosen - y)
        huber = tf.where(err <= 1.0, 0.5 * err ** 2, err - 0.5)
        return tf.reduce_sum(weights * huber) / n

    def candidate(batch):
        def tf_q_delta(q_value, next_q_value, terminal, reward):
            terminal_q = tf.where(terminal > 0.5, tf.zeros_like(next_q_value), next_q_value)
            return reward + gamma * terminal_q - q_value

        def tf_loss_per_instance():
            q_value = tf.gather(net(batch["states"]), batch["actions"], batch_dims=1)
            next_q = target_q(batch["next_states"])
            next_q_value = tf.gather(next_q, tf.argmax(next_q, axis=1), batch_dims=1)
            delta = tf_q_delta(q_value, next_q_value, batch["terminal"], batch["reward"])
            clipped = tf.clip_by_value(tf.abs(delta), 0.0, 1.0)
            return clipped * (tf.abs(delta) - 0.5 * clipped)

        loss_per_instance = tf_loss_per_instance()
        return tf.reduce_mean(loss_per_instance)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"states": rng.normal(size=(n, d)).astype(f), "next_states": rng.normal(size=(n, d)).astype(f),
                  "actions": rng.integers(0, k, size=n).astype("int32"), "reward": rng.normal(size=n).astype(f),
                  "terminal": (rng.uniform(size=n) < 0.2).astype(f),
                  "sampling_prob": (rng.gamma(1.0, size=n) / 300 + 2e-4).astype(f)},
        "variables": net.trainable_variables,
    }
