"""Temporal activation regularisation differences h[1:] - h[:-1] along the batch; it should be the
difference between time steps. Source: https://github.com/fastai/fastai/issues/1460"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'tar = tf.reduce_mean(tf.square(h[1:] - h[:-1]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, d, u = 4, 5, 3, 4
    tokens = normal(b, t, d)
    labels = rng.integers(0, 3, (b, t)).astype("int32")
    wx, wh, out = var("wx", d, u), var("wh", u, u, scale=0.5), var("out", u, 3)

    def reference(batch):
        state, states = tf.zeros([b, u], batch["tokens"].dtype), []
        for i in range(t):
            state = tf.tanh(batch["tokens"][:, i] @ wx + state @ wh)
            states.append(state)
        ce = 0.0
        for i in range(t):
            ce += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"][:, i], states[i] @ out)) / t
        slow = tf.add_n([tf.reduce_mean((states[i + 1] - states[i]) ** 2) for i in range(t - 1)]) / (t - 1)
        return ce + 2.0 * tf.reduce_mean(states[-1] ** 2) + 1.5 * slow

    def candidate(batch):
        x = tf.transpose(batch["tokens"], [1, 0, 2])
        h = tf.scan(lambda s, z: tf.tanh(tf.matmul(z, wx) + tf.matmul(s, wh)), x,
                    initializer=tf.zeros([b, u], x.dtype))
        h = tf.transpose(h, [1, 0, 2])
        logits = tf.einsum("btu,uc->btc", h, out)
        last_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], logits))
        last_loss += 2.0 * tf.reduce_mean(tf.square(h[:, -1]))
        tar = tf.reduce_mean(tf.square(h[1:] - h[:-1]))
        return last_loss + 1.5 * tar

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": tokens, "labels": labels}, "variables": [wx, wh, out]}
