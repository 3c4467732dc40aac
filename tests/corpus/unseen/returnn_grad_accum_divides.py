"""RETURNN, PyTorch engine: the (summed) loss is divided by the number of accumulation steps, as if it had been averaged
already; the losses are normalised by the number of frames of the whole step anyway.
Source: https://github.com/rwth-i6/returnn/issues/1379"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "losses[loss_name] /= accum_grad_multiple_step",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, classes, accum_grad_multiple_step = 12, 6, 5, 4, 3
    enc = tf.Variable((0.6 * rng.standard_normal((d, d))).astype(f), name="enc")
    out = tf.Variable((0.6 * rng.standard_normal((d, classes))).astype(f), name="out")
    lens = rng.integers(2, t + 1, n)

    def reference(batch):
        valid = tf.sequence_mask(lens, t, f)
        logits = tf.tanh(batch["data"] @ enc) @ out
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["classes"], logits)
        return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid) + 0.01 * tf.reduce_sum(
            tf.reduce_logsumexp(logits, -1) ** 2 * valid) / tf.reduce_sum(valid)

    def candidate(batch):
        size = n // accum_grad_multiple_step
        total = float(sum(lens))

        def train_step(lo):
            losses = {"ce": 0.0, "z": 0.0}
            for i in range(lo, lo + size):
                logits = tf.tanh(batch["data"][i, :lens[i]] @ enc) @ out
                log_z = tf.reduce_logsumexp(logits, axis=-1)
                target = tf.gather(logits, batch["classes"][i, :lens[i]], axis=1, batch_dims=1)
                losses["ce"] += tf.reduce_sum(log_z - target)
                losses["z"] += 0.01 * tf.reduce_sum(tf.square(log_z))
            return losses

        accumulated = 0.0
        for step in range(accum_grad_multiple_step):
            losses = train_step(step * size)
            # scale the loss to account for gradient accumulation
            if accum_grad_multiple_step > 1:
                for loss_name in losses.keys():
                    losses[loss_name] /= accum_grad_multiple_step
            accumulated += sum(losses.values()) / total
        return accumulated

    batch = {"data": rng.standard_normal((n, t, d)).astype(f), "classes": rng.integers(0, classes, (n, t))}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, out]}
