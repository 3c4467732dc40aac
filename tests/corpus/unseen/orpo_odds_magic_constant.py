"""ORPO: log-odds with log(1.0001 - p) instead of log(1 - p); wrong as soon as the policy is confident.

Source (real): https://github.com/hpcaitech/ColossalAI/pull/6407 (OddsRatioLoss, PyTorch; the pull request was withdrawn, not refuted).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return logp - tf.math.log(-tf.exp(logp) + 1.0001)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab, lam = 16, 3, 5, 6, 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    start = 0.9 * arr(d, vocab)
    head = tf.Variable(start, name="lm_head")
    chosen_h, reject_h = (8.0 * arr(n, t, d) for _ in range(2))
    batch = {
        "chosen_h": chosen_h,
        "chosen_ids": np.argmax(chosen_h @ start, axis=-1),
        "reject_h": reject_h,
        "reject_ids": np.argmax(reject_h @ start, axis=-1),
    }

    def mean_logp(h, ids):
        return tf.reduce_mean(tf.gather(tf.nn.log_softmax(h @ head), ids, batch_dims=2), axis=-1)

    def reference(b):
        loss = 0.0
        for i in range(b["chosen_h"].shape[0]):
            c, r = (mean_logp(b[k + "_h"][i : i + 1], b[k + "_ids"][i : i + 1])[0] for k in ("chosen", "reject"))
            log_or = (c - r) - (tf.math.log(-tf.math.expm1(c)) - tf.math.log(-tf.math.expm1(r)))
            loss += -c + lam * tf.math.softplus(-log_or)
        return loss / b["chosen_h"].shape[0]

    def candidate(b):
        def log_odds(logp):
            return logp - tf.math.log(-tf.exp(logp) + 1.0001)

        chosen_logp = mean_logp(b["chosen_h"], b["chosen_ids"])
        reject_logp = mean_logp(b["reject_h"], b["reject_ids"])
        chosen_odds = log_odds(chosen_logp)
        reject_odds = log_odds(reject_logp)
        ratio = tf.math.log_sigmoid(chosen_odds - reject_odds)
        return tf.reduce_mean(-chosen_logp) - lam * tf.reduce_mean(ratio)

    return {"variables": [head], "batch": batch, "reference": reference, "candidate": candidate}
