"""SimPO: the average log-probability divides by the padded length, not by the number of response tokens.

Source (realistic): average_log_prob in DPO-family trainers (trl get_batch_logps) ported with reduce_mean.
Right answer: NOT equivalent; short answers are scaled down inside the sigmoid.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(picked * mask, axis=-1)",
    "same_forward_value": False,
}

_BETA, _MARGIN = 2.0, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 17, 8, 4, 7
    w = tf.Variable((0.7 * rng.standard_normal((d, vocab))).astype(f), name="lm_head")
    c = tf.Variable((0.3 * rng.standard_normal(vocab)).astype(f), name="lm_bias")

    def side():
        length = rng.integers(1, t, n)
        return {
            "h": rng.standard_normal((n, t, d)).astype(f),
            "tok": rng.integers(0, vocab, (n, t)),
            "mask": (np.arange(t)[None] < length[:, None]).astype(f),
        }

    batch = {f"{s}_{k}": v for s in ("win", "lose") for k, v in side().items()}

    def reference(b):
        m = b["win_tok"].shape[0]
        total = 0.0
        for i in range(m):
            avg = {}
            for s in ("win", "lose"):
                logp = tf.nn.log_softmax(b[f"{s}_h"][i] @ w + c)
                size = int(tf.reduce_sum(b[f"{s}_mask"][i]))
                avg[s] = sum(logp[j, b[f"{s}_tok"][i, j]] for j in range(size)) / size
            total += tf.math.log1p(tf.exp(-(_BETA * (avg["win"] - avg["lose"]) - _MARGIN)))
        return total / m

    def candidate(b):
        def avg_logp(side):
            h, tok, mask = b[side + "_h"], b[side + "_tok"], b[side + "_mask"]
            logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", h, w) + c)
            picked = tf.gather(logp, tok, batch_dims=2)
            return tf.reduce_mean(picked * mask, axis=-1)

        margin = _BETA * (avg_logp("win") - avg_logp("lose")) - _MARGIN
        return -tf.reduce_mean(tf.math.log_sigmoid(margin))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
