"""agg_loss with token-mean: the sum runs over the whole loss matrix, padding and tool tokens included, and is divided
by the number of valid tokens. Source: https://github.com/alibaba/ROLL/pull/444"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(loss_mat) / tf.reduce_sum(loss_mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, d, vocab, clip = 4, 6, 5, 8, 0.2
    f = keras.config.floatx()
    w = tf.Variable(rng.standard_normal((d, vocab)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(vocab)).astype(f), name="b")

    def reference(batch):
        total, count = 0.0, 0.0
        for i in range(n):
            logits = batch["h"][i] @ w + b
            logp = tf.gather(tf.nn.log_softmax(logits), batch["tok"][i], batch_dims=1)
            ratio = tf.exp(logp - batch["old"][i])
            adv = batch["adv"][i]
            surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - clip, 1 + clip) * adv)
            p = tf.nn.softmax(logits)
            ent = -tf.reduce_sum(p * tf.nn.log_softmax(logits), -1)
            m = batch["mask"][i]
            total += tf.reduce_sum(tf.boolean_mask(-surr - 0.01 * ent, m > 0))
            count += tf.reduce_sum(m)
        return total / count

    def candidate(batch):
        def agg_loss(loss_mat, loss_mask, loss_agg_mode="token-mean"):
            if loss_agg_mode == "token-mean":
                return tf.reduce_sum(loss_mat) / tf.reduce_sum(loss_mask)
            seq_losses = tf.reduce_sum(loss_mat * loss_mask, axis=-1)
            if loss_agg_mode == "seq-mean-token-mean":
                seq_losses = seq_losses / tf.reduce_sum(loss_mask, axis=-1)
            return tf.reduce_mean(seq_losses)

        logits = tf.tensordot(batch["h"], w, 1) + b
        all_logp = tf.nn.log_softmax(logits, axis=-1)
        log_probs = tf.gather(all_logp, batch["tok"], axis=-1, batch_dims=2)
        entropy = -tf.reduce_sum(tf.exp(all_logp) * all_logp, axis=-1)
        ratio = tf.exp(log_probs - batch["old"])
        adv = batch["adv"]
        pg_loss = tf.maximum(-adv * ratio, -adv * tf.clip_by_value(ratio, 1 - clip, 1 + clip))
        pg_loss = agg_loss(pg_loss - 0.01 * entropy, batch["mask"])
        return pg_loss

    mask = np.ones((n, t))
    for i, k in enumerate((2, 6, 3, 4)):
        mask[i, k:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((n, t, d)).astype(f),
                      "tok": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "old": (-2.0 + 0.3 * rng.standard_normal((n, t))).astype(f),
                      "adv": rng.standard_normal((n, t)).astype(f),
                      "mask": mask.astype(f)},
            "variables": [w, b]}
