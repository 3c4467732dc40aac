"""caffe-video_triplet: is sorting the negated dot products ascending the wrong end for hard negatives? It is the right one.
Source: https://github.com/xiaolonw/caffe-video_triplet/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, neg_num, margin = 6, 7, 4, 2, 0.5
    net = keras.layers.Dense(e, name="fc7")
    net.build((None, d))

    def reference(batch):
        a = tf.math.l2_normalize(net(batch["first"]), axis=1)
        p = tf.math.l2_normalize(net(batch["last"]), axis=1)
        pos = tf.reduce_sum(a * p, axis=1)
        cos = tf.matmul(a, p, transpose_b=True)
        off = tf.reshape(tf.boolean_mask(cos, ~np.eye(n, dtype=bool)), (n, n - 1))
        hardest = tf.math.top_k(off, k=neg_num).values
        return tf.reduce_mean(tf.nn.relu(margin - pos[:, None] + hardest))

    def candidate(batch):
        feat1 = tf.math.l2_normalize(net(batch["first"]), axis=1)
        feat2 = tf.math.l2_normalize(net(batch["last"]), axis=1)
        dis_data = -tf.matmul(feat1, feat2, transpose_b=True)
        total = 0.0
        for i in range(n):
            negpairs = sorted((float(dis_data[i, j]), j) for j in range(n) if j != i)
            sid = [j for _, j in negpairs[:neg_num]]
            d_pos = dis_data[i, i]
            for j in sid:
                total += tf.maximum(d_pos - dis_data[i, j] + margin, 0.0)
        return total / (n * neg_num)

    return {"reference": reference, "candidate": candidate,
            "batch": {"first": rng.standard_normal((n, d)).astype(f),
                      "last": rng.standard_normal((n, d)).astype(f)},
            "variables": net.trainable_variables}
