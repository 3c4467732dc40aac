"""tensorflow_ranking: PairwiseHingeLoss gets smaller when masked documents (negative labels) are appended to the list.
Source: https://github.com/tensorflow/ranking/issues/359"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "per_list = tf.reduce_mean(tf.reduce_sum(losses * weights, axis=2), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, m, d = 4, 6, 5
    h1 = keras.layers.Dense(6, activation="relu", name="h1")
    h2 = keras.layers.Dense(1, name="h2")
    h1.build((None, None, d))
    h2.build((None, None, 6))

    def reference(batch):
        lab = batch["rel"].numpy()
        s = h2(h1(batch["docs"]))[..., 0]
        out = []
        for q in range(n):
            docs = [i for i in range(m) if lab[q, i] >= 0]
            hinge = tf.zeros((), f)
            for i in docs:
                for j in docs:
                    if lab[q, i] > lab[q, j]:
                        hinge += tf.nn.relu(1.0 - (s[q, i] - s[q, j]))
            out.append(hinge / len(docs))
        return tf.add_n(out) / n

    def candidate(batch):
        labels = batch["rel"]
        logits = tf.squeeze(h2(h1(batch["docs"])), axis=-1)
        is_valid = labels >= 0
        logits = tf.where(is_valid, logits, tf.zeros_like(logits))
        pair_logits = logits[:, :, None] - logits[:, None, :]
        pair_labels = labels[:, :, None] > labels[:, None, :]
        valid_pair = is_valid[:, :, None] & is_valid[:, None, :]
        weights = tf.cast(pair_labels & valid_pair, logits.dtype)
        losses = tf.nn.relu(1.0 - pair_logits)
        per_list = tf.reduce_mean(tf.reduce_sum(losses * weights, axis=2), axis=1)
        return tf.reduce_mean(per_list)

    rel = rng.permuted(np.tile([0, 1, 2, 0, 1, 2], (n, 1)), axis=1).astype(f)
    for i, k in enumerate([6, 4, 3, 5]):
        rel[i, k:] = -1
    rel[2, :3] = [0, 2, 1]
    return {"reference": reference, "candidate": candidate,
            "batch": {"docs": rng.standard_normal((n, m, d)).astype(f), "rel": rel},
            "variables": h1.trainable_variables + h2.trainable_variables}
