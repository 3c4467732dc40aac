"""The log-probabilities of ORPO are evaluated outside the differentiated function and enter as plain arrays, so the
preference term does not train the model. Source: https://github.com/Goekdeniz-Guelmez/mlx-lm-lora/issues/65"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "logps = np.array([avg_logps(batch[k], batch[k + \"_mask\"]).numpy() for k in (\"chosen\", \"rejected\")])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, vocab, d, beta = 4, 6, 9, 5, 1.5
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="emb")
    out = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="out")

    def token_logps(ids):
        logits = tf.matmul(tf.tanh(tf.gather(emb, ids[:, :-1])), out)
        return tf.gather(tf.nn.log_softmax(logits), ids[:, 1:], axis=2, batch_dims=2)

    def avg_logps(ids, mask):
        m = mask[:, 1:]
        return tf.reduce_sum(token_logps(ids) * m, -1) / tf.reduce_sum(m, -1)

    def reference(batch):
        lw = avg_logps(batch["chosen"], batch["chosen_mask"])
        ll = avg_logps(batch["rejected"], batch["rejected_mask"])
        odds_w = lw - tf.math.log(1 - tf.exp(lw))
        odds_l = ll - tf.math.log(1 - tf.exp(ll))
        return tf.reduce_mean(-lw) + beta * tf.reduce_mean(tf.nn.softplus(odds_l - odds_w))

    def candidate(batch):
        logps = np.array([avg_logps(batch[k], batch[k + "_mask"]).numpy() for k in ("chosen", "rejected")])
        chosen_logps, rejected_logps = tf.convert_to_tensor(logps[0]), tf.convert_to_tensor(logps[1])
        log_odds = (chosen_logps - rejected_logps) - (
            tf.math.log1p(-tf.exp(chosen_logps)) - tf.math.log1p(-tf.exp(rejected_logps)))
        preference = -tf.math.log_sigmoid(log_odds)
        sft = -avg_logps(batch["chosen"], batch["chosen_mask"])
        return tf.reduce_mean(sft + beta * preference)

    mc = np.ones((n, t)); mc[1, 4:] = 0; mc[:, :2] = 0
    mr = np.ones((n, t)); mr[2, 5:] = 0; mr[:, :2] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "rejected": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "chosen_mask": mc.astype(fx), "rejected_mask": mr.astype(fx)},
            "variables": [emb, out]}
