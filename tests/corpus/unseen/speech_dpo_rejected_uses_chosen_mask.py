"""DPO for a speech LM: the log probability of the rejected sequence is averaged under the mask of the chosen one.

Source (real): https://github.com/QwenAudio/CosyVoice/issues/1449
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'rejected_logps = tf.reduce_sum(rejected_tok * chosen_lm_mask, -1) / tf.reduce_sum(chosen_lm_mask, -1)',
    "same_forward_value": False,
}
IGNORE = -1
BETA = 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 8, 7, 6, 10

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    def labels():
        y = rng.integers(0, vocab, (n, t)).astype("int32")
        for i in range(n):
            y[i, rng.integers(2, t):] = IGNORE
        return y

    emb = tf.Variable(mat(d, d), name="emb")
    head = tf.Variable(mat(d, vocab), name="head")
    batch = {"x_chosen": mat(n, t, d), "x_rejected": mat(n, t, d), "y_chosen": labels(), "y_rejected": labels(),
             "ref_chosen": rng.normal(-2, 0.3, n).astype("float32"), "ref_rejected": rng.normal(-2, 0.3, n).astype("float32")}

    def token_logps(x, y):
        logp = tf.nn.log_softmax(tf.nn.tanh(x @ emb) @ head, axis=-1)
        return tf.gather(logp, tf.maximum(y, 0), batch_dims=2)

    def dpo(chosen, rejected, b):
        logits = (chosen - rejected) - (b["ref_chosen"] - b["ref_rejected"])
        return -tf.reduce_mean(tf.math.log_sigmoid(BETA * logits))

    def reference(b):
        def mean_logp(x, y):
            keep = tf.cast(y != IGNORE, tf.float32)
            return tf.reduce_sum(token_logps(x, y) * keep, -1) / tf.reduce_sum(keep, -1)

        chosen = mean_logp(b["x_chosen"], b["y_chosen"])
        return dpo(chosen, mean_logp(b["x_rejected"], b["y_rejected"]), b) - 0.2 * tf.reduce_mean(chosen)

    def candidate(b):
        chosen_lm_mask = tf.cast(b["y_chosen"] != IGNORE, tf.float32)
        chosen_tok = token_logps(b["x_chosen"], b["y_chosen"])
        rejected_tok = token_logps(b["x_rejected"], b["y_rejected"])
        chosen_logps = tf.reduce_sum(chosen_tok * chosen_lm_mask, -1) / tf.reduce_sum(chosen_lm_mask, -1)
        rejected_logps = tf.reduce_sum(rejected_tok * chosen_lm_mask, -1) / tf.reduce_sum(chosen_lm_mask, -1)
        sft_loss = -tf.reduce_mean(chosen_logps)
        return dpo(chosen_logps, rejected_logps, b) + 0.2 * sft_loss

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
