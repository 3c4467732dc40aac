"""VectorBatchNorm for rotation-equivariant fields scales (u, v) by the root mean square of the vector magnitudes per channel.
One of the three chained means goes over the channels instead of the rows.
Source: https://github.com/COGMAR/RotEqNet/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "var = tf.reduce_mean(var, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, c_in, c, h, wd = 14, 2, 3, 5, 4
    field_u = rng.normal(size=(n, c_in, h, wd)).astype(f)
    field_v = rng.normal(size=(n, c_in, h, wd)).astype(f)
    field_u[:, :, 2:] *= 4.0
    field_v[:, :, 2:] *= 4.0
    target = rng.normal(size=(n, c)).astype(f)
    mix = tf.Variable(rng.normal(size=(c_in, c)).astype(f), name="mix")
    gamma = tf.Variable((1.0 + 0.3 * rng.normal(size=(c,))).astype(f), name="gamma")
    eps = 1e-5

    def reference(batch):
        planes = []
        for k in range(c):
            u = tf.tensordot(batch["u"], mix[:, k], axes=[[1], [0]])
            v = tf.tensordot(batch["v"], mix[:, k], axes=[[1], [0]])
            rms = tf.sqrt(tf.reduce_mean(u * u + v * v) + eps)
            energy = tf.nn.softplus(gamma[k] * u / rms) + tf.nn.softplus(-gamma[k] * v / rms)
            planes.append(tf.reduce_mean(energy, axis=[1, 2]))
        return tf.reduce_mean((tf.stack(planes, axis=1) - batch["target"]) ** 2)

    def candidate(batch):
        def conv1x1(z):
            return tf.einsum("bchw,cd->bdhw", z, mix)

        def vector_batch_norm(u, v):
            p = tf.sqrt(u ** 2 + v ** 2)
            var = p ** 2
            var = tf.reduce_mean(var, axis=0, keepdims=True)
            var = tf.reduce_mean(var, axis=1, keepdims=True)
            var = tf.reduce_mean(var, axis=3, keepdims=True)
            std = tf.sqrt(var + eps)
            alpha = gamma[None, :, None, None] / std
            return u * alpha, v * alpha

        u, v = vector_batch_norm(conv1x1(batch["u"]), conv1x1(batch["v"]))
        pooled = tf.reduce_mean(tf.nn.softplus(u) + tf.nn.softplus(-v), axis=[2, 3])
        return tf.reduce_mean(tf.square(pooled - batch["target"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"u": field_u, "v": field_v, "target": target}, "variables": [mix, gamma]}
