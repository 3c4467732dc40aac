"""MASTER text recognition: the mask over the time steps is inverted, so the loss is taken on the padding and the characters
are zeroed.
Source: https://github.com/mindee/doctr/pull/440"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mask_2d = steps[None, :] < lengths[:, None]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 12, 8, 5, 6
    memory = rng.normal(size=(n, t, d)).astype(f)
    chars = rng.integers(0, v, size=(n, t))
    seq_len = rng.integers(2, 7, size=(n,))
    w_v = tf.Variable(rng.normal(size=(d, v)).astype(f), name="w_v")
    b_v = tf.Variable(np.zeros(v, f), name="b_v")

    def reference(batch):
        loss = tf.constant(0.0, f)
        for i in range(n):
            k = int(batch["seq_len"][i])
            logp = tf.nn.log_softmax(batch["memory"][i, :k] @ w_v + b_v)
            loss -= tf.reduce_sum(logp * tf.one_hot(batch["chars"][i, :k], v, dtype=f)) / k
        return loss / n

    def candidate(batch):
        def compute_loss(model_output, gt, lengths):
            input_len = model_output.shape[1]
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=gt, logits=model_output)
            steps = tf.range(input_len, dtype=lengths.dtype)
            mask_2d = steps[None, :] < lengths[:, None]
            # zero the masked steps
            ce = tf.where(mask_2d, tf.zeros_like(ce), ce)
            ce = tf.reduce_sum(ce, axis=1) / tf.cast(lengths, model_output.dtype)
            return tf.reduce_mean(ce)

        logits = tf.einsum("ntd,dv->ntv", batch["memory"], w_v) + b_v
        return compute_loss(logits, batch["chars"], batch["seq_len"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"memory": memory, "chars": chars, "seq_len": seq_len}, "variables": [w_v, b_v]}
