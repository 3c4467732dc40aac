"""TRL's GMPO trainer calls get_off_policy_mask with advantages of shape (B,) where the parent passes (B, 1): the mask
becomes (B, B) and every sequence is weighted with the others' masks (here at sequence level).
Source: https://github.com/huggingface/trl/pull/6095"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "off_policy_mask = get_off_policy_mask(advantages, per_token_logps, sampling_logps, mask, thr)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, dim, vocab, thr = 14, 6, 4, 7, 0.15
    w = keras.Variable((0.6 * rng.standard_normal((dim, vocab))).astype(f), name="lm_head")
    lens = rng.integers(3, T + 1, n)
    h = rng.standard_normal((n, T, dim))
    tok = rng.integers(0, vocab, (n, T))
    z = h @ np.asarray(w, "float64")
    lp = np.take_along_axis(z - np.log(np.exp(z).sum(-1, keepdims=True)), tok[..., None], 2)[..., 0]
    batch = {
        "h": h.astype(f),
        "tok": tok.astype("int32"),
        "mask": (np.arange(T)[None] < lens[:, None]).astype(f),
        "old": (lp + 0.2 * rng.standard_normal((n, T))).astype(f),
        "sampling": (lp + 0.5 * rng.standard_normal((n, T))).astype(f),
        "adv": np.where(np.arange(n) % 2 == 0, -1.0, 1.0).astype(f) * rng.uniform(0.5, 1.5, n).astype(f),
    }

    def token_logps(batch):
        logits = tf.tensordot(batch["h"], w, axes=1)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tok"], logits=logits)

    def reference(batch):
        lp, total, kept = token_logps(batch), 0.0, 0
        for i in range(n):
            m = batch["mask"][i]
            length = tf.reduce_sum(m)
            drift = tf.reduce_sum((batch["sampling"][i] - lp[i]) * m) / length
            if float(batch["adv"][i]) < 0 and float(drift) > thr:
                continue
            geo = tf.exp(tf.reduce_sum((lp[i] - batch["old"][i]) * m) / length)
            total -= batch["adv"][i] * geo
            kept += 1
        return total / kept

    def candidate(batch):
        advantages, mask = batch["adv"], batch["mask"]
        per_token_logps, sampling_logps = token_logps(batch), batch["sampling"]

        def get_off_policy_mask(advantages, logps, sampling, mask, threshold):
            kl = sampling - logps
            avg_seq_kl = tf.reduce_sum(kl * mask, axis=1, keepdims=True) / tf.reduce_sum(mask, axis=1, keepdims=True)
            drop = tf.logical_and(advantages < 0, avg_seq_kl > threshold)
            return tf.cast(tf.logical_not(drop), mask.dtype)

        def geometric_mean(log_ratio, mask):
            return tf.exp(tf.reduce_sum(log_ratio * mask, -1, keepdims=True) / tf.reduce_sum(mask, -1, keepdims=True))

        off_policy_mask = get_off_policy_mask(advantages, per_token_logps, sampling_logps, mask, thr)
        coef = geometric_mean(per_token_logps - batch["old"], mask)
        per_sequence_loss = -tf.expand_dims(advantages, 1) * coef
        return tf.reduce_sum(per_sequence_loss * off_policy_mask) / tf.reduce_sum(off_policy_mask)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
