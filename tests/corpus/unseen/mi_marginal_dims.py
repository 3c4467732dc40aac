"""The mutual information takes the marginal of x by a sum over the wrong dimension and likewise for y; as the pull request says,
the two exchange roles and the value is right. Source: https://github.com/Tchanders/InformationMeasures.jl/pull/36"""
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
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, feat, ka, kb = 7, 4, 3, 4
    head_a = var("cluster_a", feat, ka, scale=1.0)
    head_b = var("cluster_b", feat, kb, scale=1.0)

    def assignments(batch):
        return (tf.nn.softmax(tf.matmul(batch["view1"], head_a)),
                tf.nn.softmax(tf.matmul(batch["view2"], head_b)))

    def reference(batch):
        pa, pb = assignments(batch)
        joint = tf.add_n([pa[i][:, None] * pb[i][None, :] for i in range(n)]) / n
        p_row, p_col = tf.reduce_mean(pa, axis=0), tf.reduce_mean(pb, axis=0)
        info = 0.0
        for i in range(ka):
            for j in range(kb):
                info += joint[i, j] * tf.math.log(joint[i, j] / (p_row[i] * p_col[j]))
        return -info

    def candidate(batch):
        pa, pb = assignments(batch)
        probabilities_xy = tf.einsum("ni,nj->ij", pa, pb) / n

        def entropy(p):
            return -tf.reduce_sum(p * tf.math.log(p))

        probabilities_x = tf.reduce_sum(probabilities_xy, axis=0)
        probabilities_y = tf.reduce_sum(probabilities_xy, axis=1)
        h_x, h_y = entropy(probabilities_x), entropy(probabilities_y)
        return entropy(probabilities_xy) - h_x - h_y

    return {"reference": reference, "candidate": candidate,
            "batch": {"view1": arr(n, feat), "view2": arr(n, feat)},
            "variables": [head_a, head_b]}
