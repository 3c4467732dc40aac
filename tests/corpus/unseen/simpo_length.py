"""SimPO loss suspected to lack the length normalisation; it happens in the log-probabilities fed to it.
Source: https://github.com/princeton-nlp/SimPO/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, t, d, vocab = 3, 5, 4, 6
    w1, head = var("w1", d, d), var("head", d, vocab)
    beta, gamma = 2.0, 0.8

    def reference(batch):
        def score(i):
            logp = tf.nn.log_softmax(tf.tanh(batch["hidden"][i, :-1] @ w1) @ head)
            total, count = 0.0, 0.0
            for k in range(t - 1):
                keep = tf.cast(batch["labels"][i, k + 1] >= 0, dt)
                total += keep * logp[k, tf.maximum(batch["labels"][i, k + 1], 0)]
                count += keep
            return beta * total / count

        out = 0.0
        for i in range(n):
            out += tf.nn.softplus(-(score(i) - score(n + i) - gamma))
        return out / n

    def candidate(batch):
        def get_batch_logps(logits, labels, average_log_prob):
            labels = labels[:, 1:]
            loss_mask = tf.cast(labels != -100, dt)
            per_token = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.where(labels == -100, 0, labels),
                                                                       logits=logits[:, :-1])
            if average_log_prob:
                return tf.reduce_sum(per_token * loss_mask, -1) / tf.reduce_sum(loss_mask, -1)
            return tf.reduce_sum(per_token * loss_mask, -1)

        def simpo_loss(chosen, rejected):
            pi_logratios = chosen - rejected
            logits = pi_logratios - gamma / beta
            return -tf.math.log_sigmoid(beta * logits)

        all_logps = get_batch_logps(tf.tanh(batch["hidden"] @ w1) @ head, batch["labels"], average_log_prob=True)
        return tf.reduce_mean(simpo_loss(all_logps[:n], all_logps[n:]))

    labels = rng.integers(0, vocab, size=(2 * n, t))
    labels[:, 0] = -100
    for i in range(2 * n):
        labels[i, t - i % 3:] = -100
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(2 * n, t, d)).astype(dt), "labels": labels},
            "variables": [w1, head]}
