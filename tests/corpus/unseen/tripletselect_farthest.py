"""TripletSelectLayer sorts the negatives by distance in descending order and so mines the easiest ones. Source: https://github.com/luhaofang/tripletloss/issues/57"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": 'top_negative = tf.math.top_k(an, k=triplet).indices',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n_anchor, n_neg, d, e = 3, 6, 5, 4
    w = var("w", d, e)
    margin, triplet = 3.0, 2

    def embed(x):
        return tf.math.l2_normalize(tf.nn.leaky_relu(x @ w), axis=1)

    def reference(batch):
        a, p, q = embed(batch["anchor"]), embed(batch["positive"]), embed(batch["negative"])
        terms = []
        for i in range(n_anchor):
            d_ap = tf.reduce_sum((a[i] - p[i]) ** 2)
            d_an = tf.reduce_sum((a[i][None] - q) ** 2, 1)
            closest = tf.argsort(d_an)[:triplet]
            for j in range(triplet):
                terms.append(tf.nn.relu(d_ap - d_an[closest[j]] + margin))
        return tf.add_n(terms) / len(terms)

    def candidate(batch):
        features = embed(tf.concat([batch["anchor"], batch["positive"], batch["negative"]], 0))
        anchor, positive, negative = tf.split(features, [n_anchor, n_anchor, n_neg])
        a_n = anchor[:, None, :] - negative[None, :, :]
        an = tf.reduce_sum(tf.square(a_n), -1)
        top_negative = tf.math.top_k(an, k=triplet).indices
        hard = tf.gather(negative, top_negative)
        ap = tf.reduce_sum(tf.square(anchor - positive), -1, keepdims=True)
        an_selected = tf.reduce_sum(tf.square(anchor[:, None] - hard), -1)
        loss = tf.maximum(margin + ap - an_selected, 0.0)
        return tf.reduce_sum(loss) / (n_anchor * triplet)

    return {"reference": reference, "candidate": candidate,
            "batch": {"anchor": rng.standard_normal((n_anchor, d)).astype(fx),
                      "positive": rng.standard_normal((n_anchor, d)).astype(fx),
                      "negative": rng.standard_normal((n_neg, d)).astype(fx)},
            "variables": [w]}
