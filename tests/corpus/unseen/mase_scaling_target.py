"""MASE computes its scaling from the target of the forecast window rather than the encoder target. Source: https://github.com/sktime/pytorch-forecasting/issues/1221"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'history, lengths = batch["target"], batch["decoder_lengths"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, E, H, d = 4, 6, 5, 3
    w_in = var("w_in", E, d)
    w_out = var("w_out", d, H)

    def reference(batch):
        y_hat = tf.tanh(batch["encoder_target"] @ w_in) @ w_out
        total = 0.0
        count = 0.0
        for i in range(B):
            past = batch["encoder_target"][i]
            length = batch["encoder_lengths"][i]
            past = past[:length]
            naive = tf.reduce_mean(tf.abs(past[1:] - past[:-1]))
            dec = tf.cast(tf.range(H) < batch["decoder_lengths"][i], y_hat.dtype)
            total += tf.reduce_sum(tf.abs(y_hat[i] - batch["target"][i]) * dec) / naive
            count += tf.reduce_sum(dec)
        return total / count

    def candidate(batch):
        def calculate_scaling(series, series_lengths):
            steps = tf.range(tf.shape(series)[1] - 1)
            valid = tf.cast(steps[None] < series_lengths[:, None] - 1, series.dtype)
            diff = tf.abs(series[:, 1:] - series[:, :-1]) * valid
            return tf.reduce_sum(diff, 1) / tf.reduce_sum(valid, 1)

        y_pred = tf.matmul(tf.tanh(tf.matmul(batch["encoder_target"], w_in)), w_out)
        history, lengths = batch["target"], batch["decoder_lengths"]
        scaling = calculate_scaling(history, lengths)
        losses = tf.abs(y_pred - batch["target"]) / scaling[:, None]
        mask = tf.sequence_mask(batch["decoder_lengths"], H, dtype=losses.dtype)
        return tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"encoder_target": rng.standard_normal((B, E)).astype(fx),
                      "target": (1.5 * rng.standard_normal((B, H))).astype(fx),
                      "encoder_lengths": np.array([6, 4, 5, 6], "int32"), "decoder_lengths": np.array([5, 3, 5, 4], "int32")},
            "variables": [w_in, w_out]}
