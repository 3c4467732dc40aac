"""EvoNorm-S0 keeps v, gamma and beta as (1, C, 1, 1) while the features are NHWC, so
they act along the height. Source: https://github.com/sayakpaul/EvoNorms-in-TensorFlow-2/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": "shape = (1, c, 1, 1)",
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

    n, h, w, c, groups = 3, 4, 4, 4, 2
    k1, head = var("k1", 3, 3, 2, c), var("head", c, 3)
    v, gamma, beta = var("v", c), var("gamma", c), var("beta", c)

    def std_of(x):
        g = tf.reshape(x, [n, h, w, groups, c // groups])
        var_ = tf.math.reduce_variance(g, axis=[1, 2, 4], keepdims=True)
        return tf.reshape(tf.broadcast_to(tf.sqrt(var_ + 1e-5), g.shape), [n, h, w, c])

    def reference(batch):
        x = tf.nn.conv2d(batch["img"], k1, 1, "SAME")
        s = std_of(x)
        chans = []
        for i in range(c):
            xi = x[..., i]
            chans.append(gamma[i] * xi * tf.sigmoid(v[i] * xi) / s[..., i] + beta[i])
        y = tf.stack(chans, axis=-1)
        logits = tf.reduce_mean(tf.tanh(y), axis=(1, 2)) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits))

    def candidate(batch):
        shape = (1, c, 1, 1)

        def evonorm_s0(x):
            gate = x * tf.sigmoid(tf.reshape(v, shape) * x)
            return gate / std_of(x) * tf.reshape(gamma, shape) + tf.reshape(beta, shape)

        feat = evonorm_s0(tf.nn.conv2d(batch["img"], k1, 1, "SAME"))
        pooled = tf.reduce_mean(tf.tanh(feat), axis=[1, 2])
        lp = tf.nn.log_softmax(tf.matmul(pooled, head))
        return -tf.reduce_mean(tf.gather(lp, batch["label"], axis=1, batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, h, w, 2), "label": rng.integers(0, 3, n)},
            "variables": [k1, head, v, gamma, beta]}
