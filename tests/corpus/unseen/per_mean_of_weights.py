"""DQN with PER: because of misplaced parentheses the squared TD errors are multiplied by weights.mean() rather than by
each sample's weight. Source: https://github.com/BY571/DQN-Atari-Agents/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.square(td_error) * tf.reduce_mean(batch[\"weights\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, n_act = 6, 4, 3
    gamma, n_step = 0.99, 3
    w1 = tf.Variable(rng.normal(size=(d, 6)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(6, n_act)).astype(fx), name="w2")

    def reference(batch):
        q = tf.matmul(tf.nn.relu(tf.matmul(batch["states"], w1)), w2)
        q_sa = tf.gather(q, batch["actions"], axis=1, batch_dims=1)
        next_max = tf.reduce_max(batch["q_next_target"], axis=1, keepdims=True)
        y = batch["rewards"] + gamma**n_step * next_max * (1 - batch["dones"])
        err = y - q_sa
        return tf.reduce_mean(err * err * batch["weights"])

    def candidate(batch):
        q_targets_next = tf.expand_dims(tf.reduce_max(batch["q_next_target"], axis=1), 1)
        q_targets = batch["rewards"] + (gamma**n_step) * q_targets_next * (1 - batch["dones"])
        q_all = tf.matmul(tf.nn.relu(tf.matmul(batch["states"], w1)), w2)
        q_expected = tf.gather(q_all, batch["actions"], axis=1, batch_dims=1)
        td_error = q_targets - q_expected
        loss = tf.square(td_error) * tf.reduce_mean(batch["weights"])
        return tf.reduce_mean(loss)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.normal(size=(n, d)).astype(fx),
            "actions": rng.integers(0, n_act, size=(n, 1)).astype("int32"),
            "rewards": rng.normal(size=(n, 1)).astype(fx),
            "dones": (rng.uniform(size=(n, 1)) < 0.2).astype(fx),
            "q_next_target": rng.normal(size=(n, n_act)).astype(fx),
            "weights": rng.uniform(0.1, 1.0, size=(n, 1)).astype(fx),
        },
        "variables": [w1, w2],
    }
