"""Somebody proposes to make DeepFM's second-order term a scalar, as in the paper, with a reduce_sum that has no axis:
it then sums over the batch too, and every example gets the same number.
Source: https://github.com/ChenglongChen/tensorflow-DeepFM/issues/78"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "y_second_order = 0.5 * tf.reduce_sum(tf.subtract(summed_features_emb_square, squared_sum_features_emb))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, vocab, fields, dim = 13, 10, 4, 3
    w1 = keras.Variable((0.3 * rng.standard_normal(vocab)).astype(f), name="feature_bias")
    v = keras.Variable((0.7 * rng.standard_normal((vocab, dim))).astype(f), name="feature_emb")
    batch = {
        "idx": rng.integers(0, vocab, (n, fields)).astype("int32"),
        "val": rng.uniform(0.2, 1.0, (n, fields)).astype(f),
        "label": rng.integers(0, 2, n).astype(f),
    }

    def reference(batch):
        e = tf.gather(v, batch["idx"]) * batch["val"][..., None]
        score = tf.reduce_sum(tf.gather(w1, batch["idx"]) * batch["val"], axis=1)
        for a in range(fields):
            for b in range(a):
                score += tf.reduce_sum(e[:, a] * e[:, b], axis=1)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["label"], logits=score)
        return tf.reduce_mean(ce)

    def candidate(batch):
        feat_value = tf.reshape(batch["val"], [-1, fields, 1])
        embeddings = tf.multiply(tf.nn.embedding_lookup(tf.convert_to_tensor(v), batch["idx"]), feat_value)

        # first order term
        y_first_order = tf.gather(w1, batch["idx"])
        y_first_order = tf.reduce_sum(tf.multiply(y_first_order, batch["val"]), 1)

        # second order term
        summed_features_emb_square = tf.square(tf.reduce_sum(embeddings, 1))
        squared_sum_features_emb = tf.reduce_sum(tf.square(embeddings), 1)
        y_second_order = 0.5 * tf.reduce_sum(tf.subtract(summed_features_emb_square, squared_sum_features_emb))

        out = y_first_order + y_second_order
        y = batch["label"]
        return tf.reduce_mean(tf.nn.softplus(out) - y * out)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, v]}
