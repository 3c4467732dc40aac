"""Entropy bonus over masked logits: the 0 * -inf terms are cleaned from the forward value
afterwards, which leaves NaN in the gradient.
Source: https://github.com/huggingface/trl/pull/7252"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'plogp = tf.exp(logps) * logps',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim, coef = 3, 4, 6, 4, 0.1
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.8).astype(fx), name="head")
    allowed = rng.random((bsz, length, vocab)) < 0.6
    targets = rng.integers(0, vocab, (bsz, length))
    np.put_along_axis(allowed, targets[..., None], True, axis=-1)

    def reference(batch):
        raw = tf.einsum("btd,dv->btv", batch["hidden"], head)
        keep = batch["allowed"]
        logits = tf.where(keep, raw, tf.constant(-1e9, fx))
        logp = logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
        safe = tf.where(keep, logp, tf.zeros_like(logp))
        ent = -tf.reduce_sum(tf.where(keep, tf.exp(safe), tf.zeros_like(safe)) * safe, axis=-1)
        nll = -tf.gather(safe, batch["targets"], batch_dims=2) * batch["adv"]
        return tf.reduce_sum((nll - coef * ent) * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        logits = tf.einsum("btd,dv->btv", batch["hidden"], head)
        masked = tf.where(batch["allowed"], logits, tf.constant(-np.inf, fx))
        logps = tf.nn.log_softmax(masked, axis=-1)
        plogp = tf.exp(logps) * logps
        plogp = tf.where(tf.math.is_nan(plogp), tf.zeros_like(plogp), plogp)
        entropy = -tf.reduce_sum(plogp, axis=-1)
        selected = tf.gather(logps, batch["targets"], batch_dims=2)
        per_token = -batch["adv"] * selected - coef * entropy
        return tf.reduce_sum(per_token * batch["mask"]) / tf.reduce_sum(batch["mask"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((bsz, length, dim)).astype(fx),
                      "allowed": allowed, "targets": targets.astype("int32"),
                      "adv": rng.standard_normal((bsz, length)).astype(fx),
                      "mask": np.array([[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0]]).astype(fx)},
            "variables": [head]}
