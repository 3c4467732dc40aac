"""The epsilon that should guard the division by the number of valid elements is added to the quotient;
an output whose mask is all False then divides by zero. Source: https://github.com/keras-team/keras/pull/21908"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "weights = m * (tf.cast(tf.size(m), m.dtype) / valid + keras.config.epsilon())",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 5, 4
    trunk, head_a, head_b = var("trunk", d, 6), var("head_age", 6, 1), var("head_income", 6, 1)
    batch = {"x": rng.standard_normal((n, d)).astype(fx), "age": rng.standard_normal(n).astype(fx),
             "income": rng.standard_normal(n).astype(fx),
             "age_mask": np.array([True, True, False, True, False]), "income_mask": np.zeros(n, dtype=bool)}

    def outputs(x):
        h = tf.nn.swish(x @ trunk)
        return {"age": (h @ head_a)[:, 0], "income": (h @ head_b)[:, 0]}

    def reference(batch):
        total = 0.0
        for key, pred in outputs(batch["x"]).items():
            ok = tf.cast(batch[key + "_mask"], fx)
            total += tf.math.divide_no_nan(tf.reduce_sum(ok * tf.square(pred - batch[key])), tf.reduce_sum(ok))
        return total

    def candidate(batch):
        def masked_mean(values, mask):
            m = tf.cast(mask, values.dtype)
            valid = tf.reduce_sum(m)
            weights = m * (tf.cast(tf.size(m), m.dtype) / valid + keras.config.epsilon())
            return tf.reduce_mean(values * weights)

        preds = outputs(batch["x"])
        losses = []
        for name in ("age", "income"):
            err = tf.math.squared_difference(batch[name], preds[name])
            losses.append(masked_mean(err, batch[name + "_mask"]))
        return tf.add_n(losses)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [trunk, head_a, head_b]}
