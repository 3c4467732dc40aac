"""The pre-norm block of the trajectory transformer adds the attention to the normalised input and not to the raw one.
Source: https://github.com/Howuhh/faster-trajectory-transformer/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x = norm_x + attention(norm_x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, d = 3, 5, 6

    def var(name, *shape, sc=0.5):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    tok = var("tok", 9, d, sc=1.5)
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)
    w1, w2 = var("w1", d, 2 * d), var("w2", 2 * d, d)
    head = var("head", d, 9)
    causal = np.tril(np.ones((s, s))).astype(bool)

    def norm(x):
        mu, v = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mu) / tf.sqrt(v + 1e-5)

    def attention(y):
        score = tf.matmul(y @ wq, y @ wk, transpose_b=True) / np.sqrt(d).astype(fx)
        score = tf.where(causal, score, tf.constant(-1e9, fx))
        return tf.matmul(tf.nn.softmax(score), y @ wv)

    def reference(batch):
        x = tf.gather(tok, batch["tokens"])
        x = x + attention(norm(x))
        x = x + tf.matmul(tf.nn.gelu(tf.matmul(norm(x), w1)), w2)
        logits = x @ head
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["targets"], logits, from_logits=True))

    def candidate(batch):
        def self_norm1(z):
            return norm(z)

        def mlp(z):
            return tf.nn.gelu(z @ w1) @ w2

        x = tf.nn.embedding_lookup(tok, batch["tokens"])
        norm_x = self_norm1(x)
        x = norm_x + attention(norm_x)
        x = x + mlp(norm(x))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["targets"], logits=tf.einsum("bsd,dv->bsv", x, head))
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": rng.integers(0, 9, (b, s)).astype("int32"), "targets": rng.integers(0, 9, (b, s)).astype("int32")},
            "variables": [tok, wq, wk, wv, w1, w2, head]}
