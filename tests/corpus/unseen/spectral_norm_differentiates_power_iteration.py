"""The singular vectors of the power iteration are not stopped, so sigma is also differentiated through u and v.

Source (real): https://github.com/keras-team/keras/issues/20309
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'sigma = tf.matmul(tf.matmul(v, mat), u, transpose_b=True)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, m = 8, 5, 6
    kernel, w_out = var("kernel", d, m), var("w_out", m, 1)
    bias = var("bias", m)
    u0 = arr(1, m)
    batch = {"real": arr(n, d), "fake": arr(n, d) + 0.5}

    def unit(t):
        return t / (tf.norm(t) + 1e-12)

    def hinge(k, b):
        def disc(x):
            return tf.nn.leaky_relu(x @ k + bias, 0.1) @ w_out

        return tf.reduce_mean(tf.nn.relu(1.0 - disc(b["real"]))) + tf.reduce_mean(tf.nn.relu(1.0 + disc(b["fake"])))

    def reference(b):
        mat = tf.convert_to_tensor(kernel)
        v = unit(tf.matmul(u0, mat, transpose_b=True))
        u = unit(tf.matmul(v, mat))
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.reduce_sum((v @ mat) * u)
        return hinge(mat / sigma, b)

    def candidate(b):
        mat = tf.convert_to_tensor(kernel)
        u = tf.constant(u0)
        for _ in range(1):
            v = unit(tf.matmul(u, mat, transpose_b=True))
            u = unit(tf.matmul(v, mat))
        sigma = tf.matmul(tf.matmul(v, mat), u, transpose_b=True)
        return hinge(mat / sigma, b)

    return {"variables": [kernel, bias, w_out], "batch": batch, "reference": reference, "candidate": candidate}
