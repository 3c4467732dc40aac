"""DPO: the thread asks whether the gather of _get_batch_logps can be replaced by a cross entropy that ignores -100; with the
sum over the tokens of a sequence (not the mean) it can.
Source: https://github.com/eric-mitchell/direct-preference-optimization/issues/67"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab, beta = 12, 7, 5, 9, 0.3
    lm = keras.layers.Dense(vocab, name="lm_head")
    lm.build((None, t, d))

    def reference(batch):
        def get_batch_logps(logits, labels):
            labels = labels[:, 1:]
            logits = logits[:, :-1, :]
            loss_mask = labels != -100
            labels = tf.where(loss_mask, labels, tf.zeros_like(labels))
            per_token_logps = tf.gather(tf.nn.log_softmax(logits), labels, axis=2, batch_dims=2)
            return tf.reduce_sum(per_token_logps * tf.cast(loss_mask, f), axis=-1)

        pc = get_batch_logps(lm(batch["h_w"]), batch["y_w"])
        pr = get_batch_logps(lm(batch["h_l"]), batch["y_l"])
        logits = (pc - pr) - (batch["ref_w"] - batch["ref_l"])
        return tf.reduce_mean(-tf.math.log_sigmoid(beta * logits))

    ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100, reduction=None)

    def candidate(batch):
        def neg_sequence_logp(hidden, labels):
            shifted = lm(hidden[:, :-1])
            return tf.reduce_sum(ce(labels[:, 1:], shifted), axis=1)

        reward_w = -beta * (neg_sequence_logp(batch["h_w"], batch["y_w"]) + batch["ref_w"])
        reward_l = -beta * (neg_sequence_logp(batch["h_l"], batch["y_l"]) + batch["ref_l"])
        return tf.reduce_mean(tf.nn.softplus(reward_l - reward_w))

    def labels():
        y = rng.integers(0, vocab, (n, t))
        y[:, :2] = -100
        y[np.arange(t)[None] >= rng.integers(4, t + 1, n)[:, None]] = -100
        return y.astype("int32")

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "h_w": rng.standard_normal((n, t, d)).astype(f),
            "h_l": rng.standard_normal((n, t, d)).astype(f),
            "y_w": labels(),
            "y_l": labels(),
            "ref_w": (-8 + rng.standard_normal(n)).astype(f),
            "ref_l": (-8 + rng.standard_normal(n)).astype(f),
        },
        "variables": lm.trainable_variables,
    }
