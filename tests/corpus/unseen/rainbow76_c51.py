"""C51 projection uses floor and ceil as the two neighbouring atoms; where b is a whole number (clamped at the edges of the support) both weights are zero and the mass is lost. Source: https://github.com/Curt-Park/rainbow-is-all-you-need/pull/76"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "u = tf.math.ceil(b)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, n_actions, atoms = 6, 5, 3, 11
    v_min, v_max, gamma = -2.0, 2.0, 0.9
    delta_z = (v_max - v_min) / (atoms - 1)
    support = tf.linspace(v_min, v_max, atoms)
    net = tf.keras.Sequential([
        tf.keras.layers.Dense(16, activation="relu", kernel_initializer=tf.keras.initializers.GlorotNormal(seed=seed)),
        tf.keras.layers.Dense(n_actions * atoms, kernel_initializer=tf.keras.initializers.GlorotNormal(seed=seed + 1)),
        tf.keras.layers.Reshape((n_actions, atoms)),
    ])
    net.build((None, obs))
    target_kernel = rng.normal(0, 0.7, (obs, n_actions * atoms)).astype("float32")

    def next_distribution(batch):
        logits = tf.reshape(batch["next_obs"] @ target_kernel, [-1, n_actions, atoms])
        dist = tf.nn.softmax(logits)
        greedy = tf.argmax(tf.reduce_sum(dist * support, axis=2), axis=1)
        return tf.gather(dist, greedy, batch_dims=1)

    def target_z(batch):
        t_z = batch["reward"][:, None] + (1.0 - batch["done"][:, None]) * gamma * support[None, :]
        return tf.clip_by_value(t_z, v_min, v_max)

    def elementwise(batch, proj):
        dist = tf.nn.log_softmax(net(batch["obs"]), axis=-1)
        log_p = tf.gather(dist, batch["action"], batch_dims=1)
        return -tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(proj) * log_p, axis=1))

    def reference(batch):
        # Eq. 7 of the paper: triangular kernel around every atom
        distance = tf.abs(target_z(batch)[:, None, :] - support[None, :, None]) / delta_z
        proj = tf.reduce_sum(tf.clip_by_value(1.0 - distance, 0.0, 1.0) * next_distribution(batch)[:, None, :], axis=2)
        return elementwise(batch, proj)

    def candidate(batch):
        next_dist = next_distribution(batch)
        b = tf.clip_by_value((target_z(batch) - v_min) / delta_z, 0.0, atoms - 1.0)
        b = tf.where(tf.abs(b - tf.round(b)) < 1e-4, tf.round(b), b)
        l = tf.math.floor(b)
        u = tf.math.ceil(b)
        low = tf.one_hot(tf.cast(l, tf.int32), atoms) * (next_dist * (u - b))[..., None]
        up = tf.one_hot(tf.cast(u, tf.int32), atoms) * (next_dist * (b - l))[..., None]
        proj_dist = tf.reduce_sum(low + up, axis=1)
        return elementwise(batch, proj_dist)

    batch = {
        "obs": rng.normal(size=(n, obs)).astype("float32"),
        "next_obs": rng.normal(size=(n, obs)).astype("float32"),
        "action": rng.integers(0, n_actions, n).astype("int32"),
        "reward": np.array([0.0, 1.0, -1.0, 0.3, 1.0, 0.7], "float32"),
        "done": np.array([0, 0, 1, 0, 1, 0], "float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
