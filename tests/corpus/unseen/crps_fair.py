"""The ensemble CRPS uses the M^2 denominator, which is biased for small ensembles; the fair one has M (M - 1).
Source: https://github.com/xarray-contrib/xskillscore/issues/461"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "spread = tf.reduce_mean(pairwise, axis=(1, 2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, members, dim, noise_dim = 5, 4, 3, 2
    x = rng.normal(size=(n, dim)).astype(fx)
    obs = rng.normal(size=(n,)).astype(fx)
    z = rng.normal(size=(n, members, noise_dim)).astype(fx)
    hid = keras.layers.Dense(6, "tanh", name="hidden")
    out = keras.layers.Dense(1, name="out")
    hid.build((None, members, dim + noise_dim))
    out.build((None, members, 6))

    def forecast(batch):
        xs = tf.tile(batch["x"][:, None, :], (1, members, 1))
        return out(hid(tf.concat([xs, batch["z"]], axis=-1)))[..., 0]

    def reference(batch):
        f = forecast(batch)
        total = 0.0
        for i in range(members):
            total += tf.reduce_mean(tf.abs(f[:, i] - batch["obs"])) / members
            for j in range(i + 1, members):
                total -= tf.reduce_mean(tf.abs(f[:, i] - f[:, j])) / (members * (members - 1))
        return total

    def candidate(batch):
        fc = forecast(batch)
        skill = tf.reduce_mean(tf.abs(fc - batch["obs"][:, None]), axis=1)
        pairwise = tf.abs(fc[:, :, None] - fc[:, None, :])
        spread = tf.reduce_mean(pairwise, axis=(1, 2))
        crps = skill - 0.5 * spread
        return tf.reduce_mean(crps)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "obs": obs, "z": z},
            "variables": hid.trainable_variables + out.trainable_variables}
