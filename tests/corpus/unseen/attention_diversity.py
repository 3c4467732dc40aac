"""The diversity penalty on the spatial attention maps is summed over the batch too before the root; it ought
to be reduced per image (dimensions 1 and 2) and then averaged over the batch. Source: https://github.com/ShuangLI59/Diversity-Regularized-Spatiotemporal-Attention/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'reg = tf.sqrt(tf.reduce_sum(tf.square(reg)))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, maps, loc, dim, ids = 4, 3, 6, 5, 4
    att = var("spatial_attention", dim, maps)
    cls = var("classifier", maps * dim, ids)

    def attend(feats):
        a = tf.nn.softmax(tf.einsum("nld,dm->nml", feats, att), axis=-1)
        pooled = tf.reshape(tf.einsum("nml,nld->nmd", a, feats), (n, maps * dim))
        return a, tf.matmul(pooled, cls)

    def reference(batch):
        a, logits = attend(batch["feats"])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["pid"], logits=logits)
        penalties = []
        for i in range(n):
            root = tf.sqrt(a[i])
            gap = tf.matmul(root, root, transpose_b=True) - tf.eye(maps, dtype=fx)
            penalties.append(tf.norm(gap))
        return tf.reduce_mean(ce) + 1.0 * tf.add_n(penalties) / n

    def candidate(batch):
        a, outputs = attend(batch["feats"])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["pid"], logits=outputs))
        root = tf.sqrt(a)
        reg = tf.einsum("nml,nkl->nmk", root, root) - tf.eye(maps, batch_shape=[n], dtype=a.dtype)
        reg = tf.sqrt(tf.reduce_sum(tf.square(reg)))
        return loss + tf.reduce_mean(reg)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": arr(n, loc, dim), "pid": rng.integers(0, ids, n).astype("int32")},
            "variables": [att, cls]}
