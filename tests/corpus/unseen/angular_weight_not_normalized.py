"""`for W in fc.parameters(): W = F.normalize(W)` rebinds a local name; the fc weight used is not normalised.
Source: https://github.com/cvqluu/Angular-Penalty-Softmax-Losses-Pytorch/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "wf = fc(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, emb, classes, s, m = 6, 8, 5, 4, 10.0, 0.35
    embed = keras.layers.Dense(emb, name="embed")
    fc = keras.layers.Dense(classes, use_bias=False, name="fc",
                            kernel_initializer=keras.initializers.RandomNormal(stddev=0.6))
    embed.build((None, d))
    fc.build((None, emb))

    def reference(batch):
        e = tf.math.l2_normalize(embed(batch["x"]), axis=1)
        w = tf.math.l2_normalize(fc.kernel, axis=0)
        cos = tf.matmul(e, w)
        margin = m * tf.one_hot(batch["y"], classes, dtype=cos.dtype)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], s * (cos - margin)))

    def candidate(batch):
        x = embed(batch["x"])
        for w in fc.trainable_variables:
            w = w / tf.norm(w, axis=0, keepdims=True)
        x = x / tf.norm(x, axis=1, keepdims=True)
        wf = fc(x)
        target = tf.gather(wf, batch["y"], batch_dims=1)
        numerator = s * (target - m)
        others = tf.one_hot(batch["y"], classes, on_value=-1e9, off_value=0.0, dtype=wf.dtype)
        excl = s * wf + others
        denominator = tf.exp(numerator) + tf.reduce_sum(tf.exp(excl), axis=1)
        return -tf.reduce_mean(numerator - tf.math.log(denominator))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, classes, n).astype("int32")},
            "variables": embed.trainable_variables + fc.trainable_variables}
