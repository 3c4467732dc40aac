"""GSPO: the sequence's log ratio has to be divided by the number of its own (unmasked) tokens; a mean over the padded width
is the defect that the review of this pull request looks for.
Source: https://github.com/MakazhanAlpamys/Soup/pull/744"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "seq_log_ratio = tf.reduce_mean(log_ratio * completion_mask, axis=-1)",
    "same_forward_value": False,
}

B, T, D, V = 15, 6, 5, 8


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    eps = 0.2
    old = rng.normal(size=(D, V)) * 0.5
    head = keras.Variable(old + rng.normal(size=(D, V)) * 0.08, dtype=f, name="head")
    hidden = rng.normal(size=(B, T, D))
    tokens = rng.integers(0, V, size=(B, T))
    logits = hidden @ old
    old_logp = np.take_along_axis(logits - np.log(np.exp(logits).sum(-1, keepdims=True)), tokens[..., None], -1)[..., 0]
    lengths = rng.integers(1, T, size=B)

    def reference(batch):
        losses = []
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            batch["tokens"], tf.einsum("btd,dv->btv", batch["hidden"], tf.convert_to_tensor(head)))
        for i in range(B):
            length = tf.reduce_sum(batch["mask"][i])
            s = tf.exp(tf.reduce_sum((logp[i] - batch["old_logp"][i]) * batch["mask"][i]) / length)
            a = batch["advantages"][i]
            losses.append(-tf.minimum(s * a, tf.clip_by_value(s, 1 - eps, 1 + eps) * a))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        completion_mask, advantages = batch["mask"], batch["advantages"]
        log_probs = tf.nn.log_softmax(tf.tensordot(batch["hidden"], tf.convert_to_tensor(head), 1), axis=-1)
        per_token_logps = tf.gather(log_probs, batch["tokens"], axis=2, batch_dims=2)
        log_ratio = per_token_logps - batch["old_logp"]
        seq_log_ratio = tf.reduce_mean(log_ratio * completion_mask, axis=-1)
        coef_1 = tf.exp(seq_log_ratio)
        coef_2 = tf.clip_by_value(coef_1, 1.0 - eps, 1.0 + eps)
        per_seq_loss = -tf.minimum(coef_1 * advantages, coef_2 * advantages)
        valid = tf.cast(tf.reduce_sum(completion_mask, axis=-1) > 0, f)
        return tf.reduce_sum(per_seq_loss * valid) / tf.reduce_sum(valid)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": hidden.astype(f), "tokens": tokens.astype("int32"), "old_logp": old_logp.astype(f),
                  "mask": (np.arange(T)[None] < lengths[:, None]).astype(f), "advantages": rng.normal(size=B).astype(f)},
        "variables": [head],
    }
