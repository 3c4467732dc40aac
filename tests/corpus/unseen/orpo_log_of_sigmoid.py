"""ORPO: the ratio term is log(sigmoid(log_odds)); for a pair whose log odds are very negative the sigmoid underflows, the loss
is infinite and the gradient NaN. The pull request uses logsigmoid.
Source: https://github.com/huggingface/trl/pull/2274"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "ratio = tf.math.log(sig_ratio)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab, beta = 12, 7, 5, 6, 0.1
    lm = keras.layers.Dense(vocab, name="lm_head")
    lm.build((None, t, d))

    def reference(batch):
        def seq_logp(hidden, labels):
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=lm(hidden))
            return -tf.reduce_sum(ce, axis=1)

        pc = seq_logp(batch["h_chosen"], batch["y_chosen"])
        pr = seq_logp(batch["h_rejected"], batch["y_rejected"])
        odds_c = pc - tf.math.log1p(-tf.exp(pc))
        odds_r = pr - tf.math.log1p(-tf.exp(pr))
        return tf.reduce_mean(-pc / t + beta * tf.nn.softplus(odds_r - odds_c))

    def candidate(batch):
        hidden = tf.concat([batch["h_chosen"], batch["h_rejected"]], axis=0)
        labels = tf.concat([batch["y_chosen"], batch["y_rejected"]], axis=0)
        logps = tf.nn.log_softmax(lm(hidden))
        all_logps = tf.reduce_sum(tf.gather(logps, labels, axis=2, batch_dims=2), axis=1)
        policy_chosen_logps, policy_rejected_logps = all_logps[:n], all_logps[n:]

        def odds_ratio_loss(chosen, rejected):
            log_odds = (chosen - rejected) - (tf.math.log1p(-tf.exp(chosen)) - tf.math.log1p(-tf.exp(rejected)))
            sig_ratio = tf.sigmoid(log_odds)
            ratio = tf.math.log(sig_ratio)
            return beta * ratio

        losses = odds_ratio_loss(policy_chosen_logps, policy_rejected_logps)
        policy_nll_loss = -tf.reduce_mean(policy_chosen_logps) / t
        return policy_nll_loss - tf.reduce_mean(losses)

    h_c = rng.standard_normal((n, t, d))
    y_c = rng.integers(0, vocab, (n, t))
    h_c[3] *= 600.0
    y_c[3] = np.argmin(h_c[3] @ np.asarray(lm.kernel), axis=1)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "h_chosen": h_c.astype(f),
            "h_rejected": rng.standard_normal((n, t, d)).astype(f),
            "y_chosen": y_c.astype("int32"),
            "y_rejected": rng.integers(0, vocab, (n, t)).astype("int32"),
        },
        "variables": lm.trainable_variables,
    }
