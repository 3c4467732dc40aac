"""QR-DQN in TF2: tf.keras.losses.Huber(reduction='none') averages its last axis away, so the (B, N) result is multiplied with the (B, N, N) quantile weights by broadcasting; it only runs because batch size equals the number of atoms. Source: https://github.com/archsyscall/DistRL-TensorFlow2/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "huber = huber_fn(target_tile, pred_tile)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    atoms, actions, state_dim = 6, 3, 4
    n = 6
    gamma = 0.99
    tau = np.array([(2 * i + 1) / (2.0 * atoms) for i in range(atoms)], dtype=np.float32)

    def make_net():
        return tf.keras.Sequential([
            tf.keras.layers.Input([state_dim]),
            tf.keras.layers.Dense(12, activation="relu"),
            tf.keras.layers.Dense(actions * atoms),
            tf.keras.layers.Reshape([actions, atoms]),
        ])

    model, target_model = make_net(), make_net()
    huber_fn = tf.keras.losses.Huber(reduction="none")

    def target_quantiles(batch):
        next_z = target_model(batch["next_states"])
        best = tf.argmax(tf.reduce_mean(next_z, axis=2), axis=1)
        next_z = tf.gather(next_z, best, batch_dims=1)
        return tf.stop_gradient(batch["rewards"][:, None] + gamma * (1.0 - batch["dones"][:, None]) * next_z)

    def chosen(batch):
        theta = model(batch["states"])
        return tf.reduce_sum(theta * tf.one_hot(batch["actions"], actions)[..., None], axis=1)

    def reference(batch):
        u = target_quantiles(batch)[:, None, :] - chosen(batch)[:, :, None]   # B, pred atom, target atom
        quad = tf.minimum(tf.abs(u), 1.0)
        h = 0.5 * quad ** 2 + (tf.abs(u) - quad)
        weight = tf.where(u < 0.0, 1.0 - tau[None, :, None], tau[None, :, None] * tf.ones_like(u))
        rho = tf.stop_gradient(weight) * h
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(rho, axis=2), axis=1))

    def candidate(batch):
        target = target_quantiles(batch)
        pred = chosen(batch)
        pred_tile = tf.tile(tf.expand_dims(pred, axis=2), [1, 1, atoms])
        target_tile = tf.tile(tf.expand_dims(target, axis=1), [1, atoms, 1])
        huber = huber_fn(target_tile, pred_tile)
        tau_col = tf.reshape(tau, [1, atoms, 1])
        error = target_tile - pred_tile
        loss = tf.where(tf.less(error, 0.0), (1.0 - tau_col) * huber, tau_col * huber)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(loss, axis=2), axis=1))

    batch = {
        "states": rng.normal(size=(n, state_dim)).astype(np.float32),
        "next_states": rng.normal(size=(n, state_dim)).astype(np.float32),
        "actions": rng.integers(0, actions, size=n).astype(np.int32),
        "rewards": rng.normal(scale=2.0, size=n).astype(np.float32),
        "dones": (rng.uniform(size=n) < 0.3).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
