"""Matching networks: the attention is a softmax over the similarities, its predictions are probabilities, and these go into a cross entropy
that applies a softmax again.
Source: https://github.com/gitabcworld/MatchingNetworks/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'softmax_similarity = tf.nn.softmax(similarities, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, ways, d, e = 15, 4, 6, 5
    g = tf.Variable(rng.normal(size=(d, e)).astype(f) * 0.5, name="embedding")
    support = rng.normal(size=(n, ways, d))
    y = np.stack([rng.permutation(ways) for _ in range(n)])
    batch = {
        "support": support.astype(f),
        "support_y": np.eye(ways)[y].astype(f),
        "query": (support[:, 0] + 0.3 * rng.normal(size=(n, d))).astype(f),
        "query_y": y[:, 0].astype("int32"),
    }

    def reference(batch):
        sup = tf.tanh(tf.einsum("nwd,de->nwe", batch["support"], g))
        qry = tf.tanh(batch["query"] @ g)
        cos = tf.einsum("nwe,ne->nw", tf.nn.l2_normalize(sup, -1), tf.nn.l2_normalize(qry, -1))
        per_class = tf.einsum("nw,nwc->nc", cos, batch["support_y"])      # one shot: a permutation
        lp = per_class - tf.reduce_logsumexp(per_class, axis=1, keepdims=True)
        return -tf.reduce_mean(tf.gather(lp, batch["query_y"], axis=1, batch_dims=1))

    def distance_network(support_set, input_image):
        sims = []
        for s in tf.unstack(support_set, axis=1):
            dot = tf.reduce_sum(s * input_image, axis=1)
            sims.append(dot / (tf.norm(s, axis=1) * tf.norm(input_image, axis=1)))
        return tf.stack(sims, axis=1)

    def candidate(batch):
        encoded = tf.stack([tf.tanh(x @ g) for x in tf.unstack(batch["support"], axis=1)], axis=1)
        similarities = distance_network(encoded, tf.tanh(tf.matmul(batch["query"], g)))

        def attentional_classify(similarities, support_set_y):
            softmax_similarity = tf.nn.softmax(similarities, axis=1)
            return tf.squeeze(tf.matmul(softmax_similarity[:, None], support_set_y), axis=1)

        preds = attentional_classify(similarities, batch["support_y"])
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["query_y"], preds)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [g]}
