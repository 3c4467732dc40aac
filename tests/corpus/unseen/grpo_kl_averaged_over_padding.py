"""GRPO: the policy term is a masked mean, the KL term is added as a plain mean over the padded tensor.

Source (real): https://github.com/allenai/open-instruct/pull/535
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = pg_loss + tf.reduce_mean(BETA * kl)',
    "same_forward_value": False,
}
BETA, CLIP = 0.7, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 8, 10, 4, 6

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    w = tf.Variable(mat(d, vocab), name="lm_head")
    gate = tf.Variable(mat(d), name="norm_scale")
    lens = rng.integers(2, 7, n)
    batch = {"hidden": mat(n, t, d), "ids": rng.integers(0, vocab, (n, t)).astype("int32"),
             "padding": np.arange(t)[None] >= lens[:, None],
             "old": rng.normal(-1.8, 0.2, (n, t)).astype("float32"), "ref": rng.normal(-1.8, 0.6, (n, t)).astype("float32"),
             "score": mat(n)}

    def new_logprobs(b):
        x = b["hidden"] * tf.math.rsqrt(tf.reduce_mean(b["hidden"] ** 2, -1, keepdims=True) + 1e-5) * gate
        return tf.gather(tf.nn.log_softmax(x @ w), b["ids"], batch_dims=2)

    def masked_mean(x, keep):
        keep = tf.cast(keep, tf.float32)
        return tf.reduce_sum(x * keep) / tf.reduce_sum(keep)

    def advantages(b):
        groups = tf.reshape(b["score"], [-1, 4])
        adv = (groups - tf.reduce_mean(groups, 1, keepdims=True)) / (tf.math.reduce_std(groups, 1, keepdims=True) + 1e-4)
        return tf.reshape(adv, [-1, 1])

    def reference(b):
        logp, adv = new_logprobs(b), advantages(b)
        ratio = tf.exp(logp - b["old"])
        pg = tf.maximum(-adv * ratio, -adv * tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP))
        diff = b["ref"] - logp
        per_token = pg + BETA * (tf.math.expm1(diff) - diff)
        return tf.reduce_mean(tf.boolean_mask(per_token, ~b["padding"]))

    def candidate(b):
        new_logprob = new_logprobs(b)
        mb_advantage = advantages(b)
        ratio = tf.exp(new_logprob - b["old"])
        pg_losses = -mb_advantage * ratio
        pg_losses2 = -mb_advantage * tf.clip_by_value(ratio, 1.0 - CLIP, 1.0 + CLIP)
        pg_loss = masked_mean(tf.maximum(pg_losses, pg_losses2), tf.logical_not(b["padding"]))
        ref_diff = b["ref"] - new_logprob
        kl = tf.exp(ref_diff) - 1.0 - ref_diff
        loss = pg_loss + tf.reduce_mean(BETA * kl)
        return loss

    return {"variables": [w, gate], "batch": batch, "reference": reference, "candidate": candidate}
