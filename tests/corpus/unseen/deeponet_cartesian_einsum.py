"""DeepONet on aligned pairs (function, point): the Cartesian-product contraction gives an n x n matrix that broadcasts against (n, 1) targets.
Source: https://github.com/lululxvi/deepxde/issues/979"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'x = tf.einsum("bi,ni->bn", x_func, x_loc)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sensors, dim, p = 15, 8, 2, 6
    mk = lambda name, *s: tf.Variable(rng.normal(size=s) * 0.5, dtype=f, name=name)
    branch = [mk("branch_w1", sensors, 7), mk("branch_w2", 7, p)]
    trunk = [mk("trunk_w1", dim, 9), mk("trunk_w2", 9, p)]
    b0 = mk("bias", 1)
    batch = {
        "func": rng.normal(size=(n, sensors)).astype(f),
        "loc": rng.uniform(size=(n, dim)).astype(f),
        "u": rng.normal(size=(n, 1)).astype(f),
    }

    def reference(batch):
        total = 0.0
        for v, y, u in zip(tf.unstack(batch["func"], num=n), tf.unstack(batch["loc"], num=n),
                           tf.unstack(batch["u"], num=n)):
            b = tf.linalg.matvec(branch[1], tf.tanh(tf.linalg.matvec(branch[0], v, transpose_a=True)),
                                 transpose_a=True)
            t = tf.tanh(tf.linalg.matvec(trunk[1], tf.tanh(tf.linalg.matvec(trunk[0], y, transpose_a=True)),
                                         transpose_a=True))
            total += tf.reduce_sum((tf.tensordot(b, t, 1) + b0 - u) ** 2)
        return total / n

    def candidate(batch):
        class DeepONetCartesianProd:
            def __call__(self, inputs):
                x_func, x_loc = inputs
                x_func = tf.matmul(tf.tanh(tf.matmul(x_func, branch[0])), branch[1])
                x_loc = tf.tanh(tf.matmul(tf.tanh(tf.matmul(x_loc, trunk[0])), trunk[1]))
                x = tf.einsum("bi,ni->bn", x_func, x_loc)
                return x + b0

        net = DeepONetCartesianProd()
        residual = net((batch["func"], batch["loc"])) - batch["u"]
        return tf.reduce_mean(tf.square(residual))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": branch + trunk + [b0]}
