"""projection_distribution projects next_dist that was already multiplied by the support, so the target is no distribution.
Source: https://github.com/higgsfield/RL-Adventure/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "next_dist = target_dist(batch[\"next_state\"]) * support",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, ds, na, atoms, vmin, vmax, gamma = 4, 3, 2, 7, -2.0, 4.0, 0.9
    dz = (vmax - vmin) / (atoms - 1)
    w = tf.Variable(rng.normal(size=(ds, na * atoms)).astype(fx), name="current")
    w_t = tf.constant(rng.normal(size=(ds, na * atoms)).astype(fx))
    support = tf.constant(np.linspace(vmin, vmax, atoms).astype(fx))

    def logits(s, weight):
        return tf.reshape(s @ weight, (-1, na, atoms))

    def target_dist(s):
        return tf.nn.softmax(logits(s, w_t), axis=-1)

    def reference(batch):
        p = target_dist(batch["next_state"])
        loss = 0.0
        for i in range(n):
            best = tf.argmax(tf.linalg.matvec(p[i], support))
            tz = batch["reward"][i] + (1 - batch["done"][i]) * gamma * support
            tz = tf.clip_by_value(tz, vmin, vmax)
            hat = tf.clip_by_value(1 - tf.abs(tz[None, :] - support[:, None]) / dz, 0.0, 1.0)
            m = tf.linalg.matvec(hat, tf.gather(p[i], best))
            lp = tf.nn.log_softmax(tf.gather(logits(batch["state"][i:i + 1], w)[0], batch["action"][i]))
            loss -= tf.reduce_sum(tf.stop_gradient(m) * lp)
        return loss / n

    def candidate(batch):
        def projection_distribution():
            next_dist = target_dist(batch["next_state"]) * support
            next_action = tf.argmax(tf.reduce_sum(target_dist(batch["next_state"]) * support, axis=2), axis=1)
            next_dist = tf.gather(next_dist, next_action, axis=1, batch_dims=1)
            tz = batch["reward"][:, None] + (1.0 - batch["done"][:, None]) * gamma * support[None, :]
            b = (tf.clip_by_value(tz, vmin, vmax) - vmin) / dz
            low = tf.minimum(tf.floor(b), atoms - 2.0)
            to_low = tf.one_hot(tf.cast(low, tf.int32), atoms, dtype=b.dtype)
            to_up = tf.one_hot(tf.cast(low, tf.int32) + 1, atoms, dtype=b.dtype)
            proj = tf.reduce_sum(to_low * (next_dist * (low + 1.0 - b))[..., None], axis=1)
            return proj + tf.reduce_sum(to_up * (next_dist * (b - low))[..., None], axis=1)

        proj_dist = tf.stop_gradient(projection_distribution())
        log_dist = tf.nn.log_softmax(logits(batch["state"], w), axis=-1)
        log_dist = tf.gather(log_dist, batch["action"], axis=1, batch_dims=1)
        return tf.reduce_mean(-tf.reduce_sum(proj_dist * log_dist, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, ds)).astype(fx), "next_state": rng.normal(size=(n, ds)).astype(fx),
                      "action": rng.integers(0, na, n).astype("int32"), "reward": rng.normal(size=n).astype(fx),
                      "done": np.array([0, 0, 1, 0]).astype(fx)},
            "variables": [w]}
