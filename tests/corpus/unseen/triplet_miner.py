"""TripletMarginMiner: suspicion that hard and semi-hard conditions are swapped; the margin is an - ap, so they are right.
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/751"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h, margin = 6, 4, 3, 1.0
    w = tf.Variable(f(d, h), name="trunk")
    y = np.array([0, 0, 1, 1, 2, 2])

    def reference(batch):
        z = tf.math.l2_normalize(batch["x"] @ w, -1)
        total, count = 0.0, 0
        for a in range(n):
            for p in range(n):
                for q in range(n):
                    if a == p or y[a] != y[p] or y[a] == y[q]:
                        continue
                    ap, an = tf.norm(z[a] - z[p]), tf.norm(z[a] - z[q])
                    if float(ap) < float(an) <= float(ap) + margin:
                        total, count = total + ap - an + margin, count + 1
        return total / count

    def candidate(batch):
        trips = [(a, p, q) for a in range(n) for p in range(n) for q in range(n)
                 if a != p and y[a] == y[p] and y[a] != y[q]]
        anchor, positive, negative = np.array(trips).T
        emb = tf.math.l2_normalize(tf.matmul(batch["x"], w), axis=-1)
        take = lambda idx: tf.gather(emb, idx)
        ap_dist = tf.sqrt(tf.reduce_sum(tf.square(take(anchor) - take(positive)), axis=-1))
        an_dist = tf.sqrt(tf.reduce_sum(tf.square(take(anchor) - take(negative)), axis=-1))
        triplet_margin = an_dist - ap_dist
        threshold_condition = tf.logical_and(triplet_margin <= margin, triplet_margin > 0.0)
        keep = tf.cast(threshold_condition, fx)
        loss = tf.nn.relu(margin - triplet_margin)
        return tf.reduce_sum(loss * keep) / tf.reduce_sum(keep)

    return {"reference": reference, "candidate": candidate, "batch": {"x": f(n, d)}, "variables": [w]}
