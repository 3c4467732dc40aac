"""Label-smoothed cross entropy with ignore_index: over which number of tokens is it averaged?
Source: https://github.com/eladhoffer/utils.pytorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'return (kl_sum + const_sum) / tf.cast(tf.shape(flat_logits)[0], flat_logits.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, t, v, pad, eps = 4, 6, 7, 0, 0.1
    emb = tf.Variable(rng.normal(0, 0.8, (5, v)).astype(fx), name="out_kernel")
    bias = tf.Variable(rng.normal(0, 0.3, (v,)).astype(fx), name="out_bias")
    target = rng.integers(1, v, size=(b, t))
    for i, ln in enumerate([6, 4, 2, 3]):
        target[i, ln:] = pad

    def reference(batch):
        logp = tf.nn.log_softmax(batch["hidden"] @ emb + bias, axis=-1)
        q = tf.one_hot(batch["target"], v, on_value=1.0 - eps, off_value=eps / (v - 1), dtype=logp.dtype)
        per_token = tf.reduce_sum(q * (tf.math.log(q) - logp), axis=-1)
        real = tf.cast(tf.not_equal(batch["target"], pad), logp.dtype)
        return tf.reduce_sum(per_token * real) / tf.reduce_sum(real)

    def candidate(batch):
        flat_logits = tf.reshape(batch["hidden"], (-1, 5)) @ emb + bias
        flat_target = tf.reshape(batch["target"], (-1,))
        mask = tf.cast(flat_target != pad, flat_logits.dtype)
        lp = tf.nn.log_softmax(flat_logits)
        nll = -tf.gather(lp, flat_target, batch_dims=1)
        rest = -tf.reduce_sum(lp, axis=-1) - nll
        ce = (1.0 - eps) * nll + eps / (v - 1) * rest
        kl_sum = tf.reduce_sum(ce * mask)
        entropy = (1.0 - eps) * np.log(1.0 - eps) + eps * np.log(eps / (v - 1))
        const_sum = entropy * tf.reduce_sum(mask)
        return (kl_sum + const_sum) / tf.cast(tf.shape(flat_logits)[0], flat_logits.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(b, t, 5)).astype(fx), "target": target.astype("int32")},
            "variables": [emb, bias]}
