"""BigGAN with cross_replica: the synchronised batch norm helper adds the class-conditional gain instead of scaling by it.
Source: https://github.com/ajbrock/BigGAN-PyTorch/issues/96"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "out = out + gain",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, zdim, p, c, classes = 5, 3, 4, 3, 3
    emb_gain = tf.Variable(0.4 * f(classes, c), name="gain")
    emb_bias = tf.Variable(0.4 * f(classes, c), name="bias")
    lin = tf.Variable(f(zdim, p * c), name="linear")
    disc = tf.constant(f(c, 1))

    def reference(batch):
        g = 1.0 + tf.gather(emb_gain, batch["y"])
        b = tf.gather(emb_bias, batch["y"])
        h = tf.reshape(batch["z"] @ lin, [n, p, c])
        mu, var = tf.nn.moments(h, [0, 1])
        h = (h - mu) / tf.sqrt(var + 1e-4) * g[:, None] + b[:, None]
        return -tf.reduce_mean(tf.reduce_mean(tf.nn.relu(h), 1) @ disc)

    def candidate(batch):
        def fused_bn(x, mean, var, gain=None, bias=None, eps=1e-4):
            out = (x - mean) * tf.math.rsqrt(var + eps)
            if gain is not None:
                out = out + gain
            if bias is not None:
                out = out + bias
            return out

        h = tf.reshape(tf.matmul(batch["z"], lin), [-1, p, c])
        m = tf.reduce_mean(h, axis=[0, 1], keepdims=True)
        m2 = tf.reduce_mean(tf.square(h), axis=[0, 1], keepdims=True)
        gain = tf.expand_dims(1.0 + tf.gather(emb_gain, batch["y"]), 1)
        bias = tf.expand_dims(tf.gather(emb_bias, batch["y"]), 1)
        h = tf.nn.relu(fused_bn(h, m, m2 - tf.square(m), gain, bias))
        fake = tf.matmul(tf.reduce_mean(h, axis=1), disc)
        return -tf.reduce_mean(fake)

    return {"reference": reference, "candidate": candidate,
            "batch": {"z": f(n, zdim), "y": rng.integers(0, classes, size=n).astype("int32")},
            "variables": [emb_gain, emb_bias, lin]}
