"""Two-tower retrieval: the sampling probability correction adds log(p) to the logits, the paper subtracts it.
Source: https://github.com/tensorflow/recommenders/issues/219"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return logits + tf.math.log(candidate_sampling_probability)",
    "same_forward_value": False,
}
MIN_FLOAT = np.finfo(np.float32).min / 100.0


class SamplingProbablityCorrection(keras.layers.Layer):
    """Sampling probability correction."""

    def call(self, logits, candidate_sampling_probability):
        return logits + tf.math.log(candidate_sampling_probability)


class RemoveAccidentalHits(keras.layers.Layer):
    def call(self, labels, logits, candidate_ids):
        positive = tf.linalg.matvec(labels, tf.cast(candidate_ids, tf.float32))
        same = tf.cast(tf.equal(positive[:, None], tf.cast(candidate_ids, tf.float32)[None, :]), tf.float32)
        return logits + (same - labels) * MIN_FLOAT


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, users, items, dim = 8, 6, 9, 5
    popularity = rng.dirichlet(np.full(items, 0.8)).astype("float32") * 0.95 + 0.05 / items
    user = rng.integers(0, users, size=n).astype("int32")
    item = rng.choice(items, size=n, p=popularity / popularity.sum()).astype("int32")
    prob = np.maximum(popularity[item], 1e-3).astype("float32")

    init = keras.initializers.RandomNormal(stddev=0.6)
    query_tower = keras.Sequential([keras.Input((), dtype="int32"), keras.layers.Embedding(users, dim, init),
                                    keras.layers.Dense(dim)])
    candidate_tower = keras.Sequential([keras.Input((), dtype="int32"), keras.layers.Embedding(items, dim, init)])
    correction, remove_hits = SamplingProbablityCorrection(), RemoveAccidentalHits()

    def in_batch_logits(batch):
        return tf.matmul(query_tower(batch["user"]), candidate_tower(batch["item"]), transpose_b=True)

    def retrieval(scores, batch):
        labels = tf.eye(n)
        scores = remove_hits(labels, scores, batch["item"])
        return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=scores))

    def reference(batch):
        corrected = in_batch_logits(batch) - tf.math.log(batch["prob"])[None, :]
        return retrieval(corrected, batch)

    def candidate(batch):
        scores = correction(in_batch_logits(batch), batch["prob"])
        return retrieval(scores, batch)

    return {"reference": reference, "candidate": candidate, "batch": {"user": user, "item": item, "prob": prob},
            "variables": query_tower.trainable_variables + candidate_tower.trainable_variables}
