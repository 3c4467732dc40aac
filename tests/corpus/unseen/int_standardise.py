"""When the data are integers the normalised data stay integers too and are mostly -1, 0 and 1.
Source: https://github.com/blei-lab/treeffuser/pull/57"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "return tf.cast((tf.cast(y, loc.dtype) - loc) / scale, y.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dx = 6, 4
    score = keras.layers.Dense(8, activation="tanh", name="score")
    last = keras.layers.Dense(1, name="last")
    score.build((n, dx + 2))
    last.build((n, 8))

    def model(y, x, t):
        return last(score(tf.concat([y, x, t], axis=1)))

    def reference(batch):
        y = tf.cast(batch["y"], fx)
        mean = tf.reduce_mean(y, 0)
        y0 = (y - mean) / tf.sqrt(tf.reduce_mean((y - mean) ** 2, 0))
        std = tf.sqrt(1 - tf.exp(-2 * batch["t"]))
        yt = y0 * tf.exp(-batch["t"]) + std * batch["noise"]
        return tf.reduce_mean((std * model(yt, batch["x"], batch["t"]) + batch["noise"]) ** 2)

    def candidate(batch):
        class Scaler:
            def fit(self, y):
                y = tf.cast(y, fx)
                self.loc_ = tf.reduce_mean(y, axis=0)
                self.scale_ = tf.math.reduce_std(y, axis=0)
                return self

            def transform(self, y):
                loc, scale = self.loc_, self.scale_
                return tf.cast((tf.cast(y, loc.dtype) - loc) / scale, y.dtype)

        y_new = Scaler().fit(batch["y"]).transform(batch["y"])
        y_new = tf.cast(y_new, fx)
        t = batch["t"]
        mean_coef = tf.exp(-t)
        std_coef = tf.sqrt(1.0 - tf.square(mean_coef))
        perturbed = mean_coef * y_new + std_coef * batch["noise"]
        predicted = model(perturbed, batch["x"], t)
        return tf.reduce_mean(tf.square(std_coef * predicted + batch["noise"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"y": rng.integers(0, 40, size=(n, 1)), "x": rng.normal(size=(n, dx)).astype(fx),
                      "t": rng.uniform(0.1, 0.6, size=(n, 1)).astype(fx), "noise": rng.normal(size=(n, 1)).astype(fx)},
            "variables": score.trainable_variables + last.trainable_variables}
