"""Weighted regression: keras divides the weighted sum by n, the specification by the sum of the weights.

Origin (realistic): survey weights passed as sample_weight; the default reduction sum_over_batch_size is not a weighted mean.
Right answer: NOT equivalent; off by the factor mean(weight).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'mse = keras.losses.MeanSquaredError(reduction="sum_over_batch_size")',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 21, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    out = keras.layers.Dense(1, name="survey", dtype=f)
    out.build((None, d))
    out.set_weights([0.5 * arr(*p.shape) for p in out.get_weights()])
    batch = {"x": arr(n, d), "y": arr(n, 1), "w": rng.gamma(2.0, 1.2, n).astype(f)}

    def reference(b):
        m = b["x"].shape[0]
        num, den = 0.0, 0.0
        for i in range(m):
            num += b["w"][i] * tf.square(out(b["x"][i : i + 1])[0, 0] - b["y"][i, 0])
            den += b["w"][i]
        return num / den

    def candidate(b):
        mse = keras.losses.MeanSquaredError(reduction="sum_over_batch_size")
        return mse(b["y"], out(b["x"]), sample_weight=b["w"])

    return {"variables": out.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
