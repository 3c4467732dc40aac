"""To get the sequence first, the tokens are viewed as (8, 512, 3) in place of transposed: samples and tokens get mixed.
Source: https://github.com/rish-16/tokenlearner-pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "y = tf.reshape(y, (s, b, c))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, hw, c, s = 3, 4, 4, 2
    w_map, wq, wk, wv, w_cls = var("w_map", c, s), var("wq", c, c), var("wk", c, c), var("wv", c, c), var("w_cls", c, 3)

    def reference(batch):
        total = 0.0
        for n in range(b):
            flat = tf.reshape(batch["img"][n], (-1, c))
            tokens = tf.transpose(tf.sigmoid(flat @ w_map)) @ flat / (hw * hw)
            att = tf.nn.softmax(tf.matmul(tokens @ wq, tokens @ wk, transpose_b=True) / c ** 0.5)
            z = tf.reduce_mean(att @ (tokens @ wv) + tokens, 0)
            total -= tf.nn.log_softmax(tf.linalg.matvec(w_cls, z, transpose_a=True))[batch["y"][n]]
        return total / b

    def candidate(batch):
        def mhsa(q, k, v):
            score = tf.einsum("ibd,jbd->bij", q @ wq, k @ wk) / c ** 0.5
            return tf.einsum("bij,jbd->ibd", tf.nn.softmax(score), v @ wv)

        gates = tf.sigmoid(tf.einsum("bhwc,cs->bhws", batch["img"], w_map))
        tokens = tf.einsum("bhws,bhwc->bsc", gates, batch["img"]) / (hw * hw)
        y = tokens
        y = tf.reshape(y, (s, b, c))
        y = mhsa(y, y, y) + y
        logits = tf.reduce_mean(y, axis=0) @ w_cls
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": 2 * arr(b, hw, hw, c), "y": rng.integers(0, 3, b).astype("int32")},
            "variables": [w_map, wq, wk, wv, w_cls]}
