"""XLM divides q by sqrt(d) before the product and softmaxes masked scores; reported as wrong, but the same.
Source: https://github.com/facebookresearch/XLM/pull/357"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, dim, H = 2, 5, 6, 2
    dh = dim // H
    lin = [tf.Variable(normal(dim, dim, scale=0.6), name=s) for s in ("q_lin", "k_lin", "v_lin", "out_lin")]
    lens = np.array([5, 3])

    def reference(batch):
        x, outs = batch["x"], []
        for b in range(n):
            heads = []
            for h in range(H):
                q, k, v = (x[b] @ lin[j][:, h * dh:(h + 1) * dh] for j in range(3))
                k, v = k[:lens[b]], v[:lens[b]]
                heads.append(tf.nn.softmax(q @ tf.transpose(k) / np.sqrt(dh)) @ v)
            outs.append(tf.concat(heads, axis=-1) @ lin[3])
        return tf.reduce_mean(tf.square(tf.stack(outs) - batch["y"]))

    def candidate(batch):
        def shape(t):
            return tf.transpose(tf.reshape(t, (n, T, H, dh)), (0, 2, 1, 3))

        q, k, v = (shape(batch["x"] @ m) for m in lin[:3])
        mask = tf.sequence_mask(lens, T)[:, None, None, :]
        q = q / np.sqrt(dh).astype(floatx)
        scores = tf.matmul(q, k, transpose_b=True)
        scores = tf.where(mask, scores, tf.constant(-np.inf, scores.dtype))
        weights = tf.nn.softmax(scores, axis=-1)
        context = tf.reshape(tf.transpose(weights @ v, (0, 2, 1, 3)), (n, T, dim))
        return tf.reduce_mean(tf.square(context @ lin[3] - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, dim), "y": normal(n, T, dim)}, "variables": lin}
