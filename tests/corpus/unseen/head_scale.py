"""Self-attention of the protein workshop scales its scores by the embedding width instead of the head size.
Source: https://github.com/Graylab/DL4Proteins-notebooks/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'wei = tf.matmul(q, k, transpose_b=True) * C ** -0.5',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, C, head_size = 3, 5, 16, 4
    wq = tf.Variable(normal(C, head_size, scale=0.4), name="wq")
    wk = tf.Variable(normal(C, head_size, scale=0.4), name="wk")
    wv = tf.Variable(normal(C, head_size, scale=0.4), name="wv")
    wo = tf.Variable(normal(head_size, 6), name="wo")
    tril = np.tril(np.ones((T, T))).astype(bool)

    def reference(batch):
        x = batch["x"]
        scores = tf.einsum("btd,bsd->bts", x @ wq, x @ wk) / np.sqrt(head_size)
        att = tf.nn.softmax(tf.where(tril, scores, scores.dtype.min), axis=-1)
        out = tf.einsum("bts,bsd->btd", att, x @ wv) @ wo
        nll = keras.losses.sparse_categorical_crossentropy(batch["y"], out, from_logits=True)
        return tf.reduce_mean(nll)

    def candidate(batch):
        x = batch["x"]
        k = x @ wk
        q = x @ wq
        wei = tf.matmul(q, k, transpose_b=True) * C ** -0.5
        wei = tf.where(tril, wei, tf.constant(-np.inf, wei.dtype))
        wei = tf.nn.softmax(wei, axis=-1)
        v = x @ wv
        logits = (wei @ v) @ wo
        logits = tf.reshape(logits, (n * T, 6))
        targets = tf.reshape(batch["y"], (n * T,))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, C), "y": rng.integers(0, 6, (n, T))},
            "variables": [wq, wk, wv, wo]}
