"""TransFM's factorization machine: the features are already summed by the matrix product, the squares of the single
features are then not there to be subtracted.
Source: https://github.com/rpasricha/TransFM/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "term_2 = tf.reduce_sum(tf.square(emb_mul), axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, p, k = 4, 7, 3
    w0, w, v = var("w0", 1), var("w", p, 1), var("v", p, k)

    def reference(batch):
        def score(x):
            s = w0 + tf.linalg.matvec(x, w[:, 0])
            for i in range(p):
                for j in range(i + 1, p):
                    s += tf.reduce_sum(v[i] * v[j]) * x[:, i] * x[:, j]
            return s

        gap = score(batch["pos"]) - score(batch["neg"])
        return tf.reduce_mean(tf.nn.softplus(-gap)) + 0.01 * tf.reduce_sum(v ** 2)

    def candidate(batch):
        def predict(feats):
            linear = w0 + tf.matmul(feats, w)
            emb_mul = tf.matmul(feats, v)
            term_1 = tf.reduce_sum(tf.square(emb_mul), axis=1, keepdims=True)
            term_2 = tf.reduce_sum(tf.square(emb_mul), axis=1, keepdims=True)
            return linear + 0.5 * (term_1 - term_2)

        diff = predict(batch["pos"]) - predict(batch["neg"])
        loss = -tf.reduce_mean(tf.math.log_sigmoid(diff))
        return loss + 0.01 * tf.reduce_sum(tf.square(v))

    return {"reference": reference, "candidate": candidate,
            "batch": {"pos": (rng.uniform(size=(n, p)) < 0.5).astype(fx), "neg": (rng.uniform(size=(n, p)) < 0.5).astype(fx)},
            "variables": [w, v]}
