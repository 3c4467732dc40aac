"""A data set for high-dimensional forecasting wants to swap the axes (target with its top-k channels) and (channels) and
uses reshape, which mixes the series.
Source: https://github.com/xinzzzhou/ScalableTransformer4HighDimensionMTSF/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "seq_x = tf.reshape(seq_x, [-1, seq_len, channels, k + 1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq_len, channels, k, pred = 12, 6, 3, 3, 2
    wk = keras.Variable((0.5 * rng.standard_normal(k + 1)).astype(f), name="mix")
    wt = keras.Variable((0.4 * rng.standard_normal((seq_len, pred))).astype(f), name="temporal")
    batch = {
        "seq_x": rng.standard_normal((n, seq_len, k + 1, channels)).astype(f),
        "seq_y": rng.standard_normal((n, pred, channels)).astype(f),
    }

    def reference(batch):
        err = 0.0
        for c in range(channels):
            series = tf.linalg.matvec(batch["seq_x"][..., c], wk)
            err += tf.reduce_sum((tf.tanh(series) @ wt - batch["seq_y"][..., c]) ** 2)
        return err / (n * pred * channels)

    def candidate(batch):
        class DatasetTopK:
            def getitem(self, seq_x):
                # keep the sequence length, swap (k+1) and channels
                seq_x = tf.reshape(seq_x, [-1, seq_len, channels, k + 1])
                return seq_x

        class Forecaster:
            def __call__(self, x):
                mixed = tf.tanh(tf.tensordot(x, wk, axes=[[3], [0]]))
                return tf.einsum("blc,lp->bpc", mixed, wt)

        x = DatasetTopK().getitem(batch["seq_x"])
        return keras.ops.mean(keras.losses.mean_squared_error(batch["seq_y"], Forecaster()(x)))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wk, wt]}
