"""The skip-gram objective of the edge predictor is affinity minus the log-sum of the
negatives; as a loss it should be negated. Source: https://github.com/williamleif/GraphSAGE/issues/151"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": "return tf.reduce_sum(aff - neg_cost)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, m, d, k = 5, 6, 4, 3
    agg, bil = var("agg", 2 * d, k), var("bil", k, k)
    decay = 0.01

    def embed(self_x, nb_x):
        return tf.nn.l2_normalize(tf.concat([self_x, tf.reduce_mean(nb_x, axis=-2)], -1) @ agg, axis=-1)

    def reference(batch):
        a = embed(batch["src"], batch["src_nb"])
        b = embed(batch["dst"], batch["dst_nb"])
        c = embed(batch["neg"], batch["neg_nb"])
        reg = decay * (tf.nn.l2_loss(agg) + tf.nn.l2_loss(bil))
        nll = 0.0
        for i in range(n):
            row = tf.linalg.matvec(bil, a[i], transpose_a=True)
            nll += tf.reduce_logsumexp(tf.linalg.matvec(c, row)) - tf.tensordot(row, b[i], 1)
        return reg + nll / float(n)

    def candidate(batch):
        def affinity(x, y):
            return tf.reduce_sum(tf.matmul(x, bil) * y, axis=1)

        def skipgram_loss(x, y, negs):
            aff = affinity(x, y)
            neg_aff = tf.matmul(tf.matmul(x, bil), negs, transpose_b=True)
            neg_cost = tf.math.log(tf.reduce_sum(tf.exp(neg_aff), axis=1))
            return tf.reduce_sum(aff - neg_cost)

        out1 = embed(batch["src"], batch["src_nb"])
        out2 = embed(batch["dst"], batch["dst_nb"])
        negs = embed(batch["neg"], batch["neg_nb"])
        loss = skipgram_loss(out1, out2, negs) / float(n)
        for w in (agg, bil):
            loss += decay * tf.nn.l2_loss(w)
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"src": arr(n, d), "src_nb": arr(n, 3, d), "dst": arr(n, d), "dst_nb": arr(n, 3, d),
                      "neg": arr(m, d), "neg_nb": arr(m, 3, d)},
            "variables": [agg, bil]}
