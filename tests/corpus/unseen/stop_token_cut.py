"""Tacotron's stop-token loss cuts the prediction to the length of the ground truth, so that a decoder that goes on too
long is not penalised; the ground truth has to be padded with ones instead. Source: https://github.com/TensorSpeech/TensorFlowTTS/issues/688"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'y_pred = y_pred[:, :gt_t]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, gt_len, pred_len, dim = 4, 4, 7, 5
    w = var("stop_projection", dim, 1)
    b = var("stop_bias", 1)
    mel = var("mel_projection", dim, 2)
    stop = np.zeros((n, gt_len), dtype=fx)
    stop[:, -1] = 1.0
    stop[1, 2:] = 1.0

    def reference(batch):
        logits = tf.squeeze(tf.matmul(batch["dec"], w) + b, -1)
        target = tf.pad(batch["stop"], [[0, 0], [0, pred_len - gt_len]], constant_values=1)
        bce = tf.nn.softplus(logits) - target * logits
        frames = tf.matmul(batch["dec"][:, :gt_len], mel)
        return tf.reduce_mean(bce) + tf.reduce_mean(tf.abs(frames - batch["mel"]))

    def candidate(batch):
        stop_pred = tf.einsum("ntd,dk->ntk", batch["dec"], w)[..., 0] + b
        mel_pred = tf.einsum("ntd,dk->ntk", batch["dec"], mel)

        def calculate_2d_loss(y_gt, y_pred):
            gt_t = y_gt.shape[1]
            pred_t = y_pred.shape[1]
            if gt_t < pred_t:
                y_pred = y_pred[:, :gt_t]
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y_gt, logits=y_pred))

        mel_loss = tf.reduce_mean(tf.abs(batch["mel"] - mel_pred[:, :batch["mel"].shape[1]]))
        return mel_loss + calculate_2d_loss(batch["stop"], stop_pred)

    return {"reference": reference, "candidate": candidate,
            "batch": {"dec": arr(n, pred_len, dim), "stop": stop, "mel": arr(n, gt_len, 2)},
            "variables": [w, b, mel]}
