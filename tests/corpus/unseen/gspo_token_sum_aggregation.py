"""GSPO: the sequence ratio is expanded to every token; aggregated with seq-mean-token-sum, long answers count by their length.
Source: https://github.com/alibaba/ROLL/issues/165"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'pg_loss = agg_loss(loss_mat, b["response_mask"], "seq-mean-token-sum")',
    "same_forward_value": False,
}


LOW, HIGH = 0.2, 0.25


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, dim, vocab = 13, 7, 4, 6
    lm = keras.Sequential([keras.Input((length, dim)), keras.layers.Dense(vocab)])
    lens = rng.integers(2, length + 1, n)
    batch = {
        "x": rng.standard_normal((n, length, dim)).astype(f),
        "ids": rng.integers(0, vocab, (n, length)),
        "response_mask": (np.arange(length)[None] < lens[:, None]).astype(f),
        "old": (-np.log(vocab) + 0.3 * rng.standard_normal((n, length))).astype(f),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=lm(b["x"]))
        losses = []
        for i in range(n):
            m = b["response_mask"][i]
            s = tf.exp(tf.reduce_sum((logp[i] - b["old"][i]) * m) / tf.reduce_sum(m))
            a = b["adv"][i]
            losses.append(-tf.minimum(s * a, tf.clip_by_value(s, 1 - LOW, 1 + HIGH) * a))
        return tf.add_n(losses) / n

    def candidate(b):
        def agg_loss(mat, mask, mode):
            if mode == "token-mean":
                return tf.reduce_sum(mat * mask) / tf.reduce_sum(mask)
            seq = tf.reduce_sum(mat * mask, axis=-1)
            if mode == "seq-mean-token-mean":
                seq = seq / tf.reduce_sum(mask, axis=-1)
            return tf.reduce_mean(seq)

        log_probs = tf.gather(tf.nn.log_softmax(lm(b["x"])), b["ids"], batch_dims=2)
        log_ratio = log_probs - b["old"]
        masked_log_ratio = tf.reduce_sum(log_ratio * b["response_mask"], -1) / tf.reduce_sum(b["response_mask"], -1)
        ratio = tf.tile(tf.exp(masked_log_ratio)[:, None], [1, length])
        advantages = tf.tile(b["adv"][:, None], [1, length])
        surr1 = ratio * advantages
        surr2 = keras.ops.clip(ratio, 1 - LOW, 1 + HIGH) * advantages
        loss_mat = -tf.minimum(surr1, surr2)
        pg_loss = agg_loss(loss_mat, b["response_mask"], "seq-mean-token-sum")
        return pg_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": lm.trainable_variables}
