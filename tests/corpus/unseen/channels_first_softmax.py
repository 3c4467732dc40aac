"""A channels-first segmentation head with the default softmax, which normalises over
the last spatial axis and not over the classes. Source: https://github.com/MrGiovanni/ModelsGenesis/pull/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": "prob = keras.activations.softmax(final_convolution)",
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

    n, c_in, k, s = 2, 2, 3, 4
    w1, w2, b2 = var("w1", c_in, 5), var("w2", 5, k), var("b2", k)

    def reference(batch):
        x = tf.transpose(batch["vol"], [0, 2, 3, 4, 1])
        y = tf.transpose(batch["onehot"], [0, 2, 3, 4, 1])
        logits = tf.nn.relu(x @ w1 + 0.1) @ w2 + b2
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def conv1x1(t, w):
            return tf.einsum("ncdhw,ck->nkdhw", t, w)

        hidden = tf.nn.relu(conv1x1(batch["vol"], w1) + 0.1)
        final_convolution = conv1x1(hidden, w2) + tf.reshape(b2, [1, k, 1, 1, 1])
        prob = keras.activations.softmax(final_convolution)
        loglik = tf.reduce_sum(batch["onehot"] * tf.math.log(prob + 1e-12), axis=1)
        return -tf.reduce_mean(loglik)

    lab = rng.integers(0, k, (n, s, s, s))
    onehot = np.moveaxis(np.eye(k)[lab], -1, 1).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"vol": arr(n, c_in, s, s, s), "onehot": onehot},
            "variables": [w1, w2, b2]}
