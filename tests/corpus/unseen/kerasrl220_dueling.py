"""The dueling layer subtracts the mean of the advantages over the whole batch instead of over each sample's actions (no axis given). Source: https://github.com/keras-team/keras-rl/issues/220"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "q = v + a - tf.reduce_mean(a, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, nb_action, gamma = 6, 4, 3, 0.99
    trunk = keras.Sequential([
        keras.layers.Dense(16, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=seed)),
        keras.layers.Dense(nb_action + 1, kernel_initializer=keras.initializers.HeNormal(seed=seed + 1)),
    ])
    trunk.build((None, obs))
    target_W = rng.normal(0, 0.5, (obs, nb_action)).astype("float32")

    def td_targets(batch):
        next_q = tf.linalg.matmul(batch["next_state"], target_W)
        return batch["reward"] + gamma * (1.0 - batch["terminal"]) * tf.reduce_max(next_q, axis=1)

    def huber(err, clip=1.0):
        return tf.where(tf.abs(err) < clip, 0.5 * tf.square(err), clip * (tf.abs(err) - 0.5 * clip))

    def reference(batch):
        y = trunk(batch["state"])
        out = []
        for row in tf.unstack(y):
            out.append(row[0] + row[1:] - tf.reduce_mean(row[1:]))
        q = tf.stack(out)
        chosen = tf.gather(q, batch["action"], batch_dims=1)
        return tf.reduce_mean(huber(td_targets(batch) - chosen))

    def candidate(batch):
        y = trunk(batch["state"])
        v, a = tf.expand_dims(y[:, 0], -1), y[:, 1:]
        q = v + a - tf.reduce_mean(a, keepdims=True)
        mask = tf.one_hot(batch["action"], nb_action)
        y_pred = tf.reduce_sum(q * mask, axis=-1)
        return tf.reduce_mean(huber(td_targets(batch) - y_pred))

    batch = {
        "state": rng.normal(size=(n, obs)).astype("float32"),
        "next_state": rng.normal(size=(n, obs)).astype("float32"),
        "action": rng.integers(0, nb_action, n).astype("int32"),
        "reward": rng.normal(size=n).astype("float32"),
        "terminal": (rng.random(n) < 0.3).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": trunk.trainable_variables}
