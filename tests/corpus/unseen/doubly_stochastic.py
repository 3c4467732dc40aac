"""Doubly stochastic attention: alphas are (time, batch, location); after the sum over time the
regulariser sums over the batch and averages over locations instead of the other way round. Source: https://github.com/kelvinxu/arctic-captions/issues/33"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'alpha_reg = alpha_c * tf.reduce_mean(tf.reduce_sum(gap, axis=0))',
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

    steps, n, loc, dim, words = 4, 3, 6, 5, 7
    att = var("att", dim, dim)
    emb = var("context_to_word", dim, words)

    def alphas_of(batch):
        scores = tf.einsum("tnd,de,nle->tnl", batch["states"], att, batch["ctx"])
        return tf.nn.softmax(scores, axis=-1)

    def reference(batch):
        alphas = alphas_of(batch)
        context = tf.einsum("tnl,nld->tnd", alphas, batch["ctx"])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["y"], logits=tf.einsum("tnd,dw->tnw", context, emb))
        cost = tf.reduce_mean(tf.reduce_sum(nll, axis=0))
        covered = tf.add_n([alphas[t] for t in range(steps)])
        penalty = tf.add_n([tf.reduce_sum(tf.square(1.0 - covered[i])) for i in range(n)]) / n
        return cost + 1.0 * penalty

    def candidate(batch):
        alphas = alphas_of(batch)
        context = tf.einsum("tnl,nld->tnd", alphas, batch["ctx"])
        logits = tf.einsum("tnd,dw->tnw", context, emb)
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        cost = tf.reduce_mean(tf.reduce_sum(cost, axis=0))
        alpha_c = 1.0
        gap = tf.square(1.0 - tf.reduce_sum(alphas, axis=0))
        alpha_reg = alpha_c * tf.reduce_mean(tf.reduce_sum(gap, axis=0))
        return cost + alpha_reg

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": arr(steps, n, dim), "ctx": arr(n, loc, dim),
                      "y": rng.integers(0, words, (steps, n)).astype("int32")},
            "variables": [att, emb]}
