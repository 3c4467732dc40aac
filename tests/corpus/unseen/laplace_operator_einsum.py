"""The Laplace operator layer contracts the residue over the channel it should keep (bix for box in an einsum).
Source: https://github.com/qianyingcao/Laplace-Neural-Operator/issues/4"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'x2 = tf.einsum("bix,ioxz->boz", output_residue2, term2)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, width, grid, modes = 3, 4, 6, 3
    lift = tf.Variable(rng.normal(size=(2, width)).astype(fx), name="lift")
    poles = tf.Variable(rng.uniform(0.2, 1.0, size=(width, width, modes)).astype(fx), name="poles")
    residue = tf.Variable(rng.normal(size=(width, width, modes)).astype(fx) * 0.4, name="residue")
    proj = tf.Variable(2.5 * rng.normal(size=(width,)).astype(fx), name="proj")
    t = np.linspace(0.0, 1.0, grid).astype(fx)
    lam = np.arange(1, grid + 1).astype(fx)

    def reference(batch):
        u = tf.einsum("bgc,cw->bwg", batch["forcing"], lift)
        alpha = u / tf.cast(grid, u.dtype)
        k = residue[None] / (lam[:, None, None, None] + poles[None])
        steady = tf.einsum("big,giox->bog", alpha, k)
        res = tf.einsum("big,giox->box", alpha, -k)
        rows = []
        for o in range(width):
            row = 0.0
            for m in range(modes):
                decay = tf.reduce_sum(tf.exp(-poles[:, o, m][:, None] * t[None, :]), axis=0)
                row += res[:, o, m][:, None] * decay[None, :]
            rows.append(row)
        y = tf.tanh(steady + tf.stack(rows, axis=1) / grid)
        return tf.reduce_mean(tf.square(tf.einsum("bog,o->bg", y, proj) - batch["response"]))

    def candidate(batch):
        x = tf.einsum("bgc,cw->bwg", batch["forcing"], lift)
        alpha = x / tf.cast(grid, x.dtype)
        hw = residue[None] / (lam[:, None, None, None] + poles[None])
        output_residue1 = tf.einsum("big,giox->bog", alpha, hw)
        output_residue2 = tf.einsum("big,giox->box", alpha, -hw)
        term2 = tf.exp(-poles[..., None] * t)
        x2 = tf.einsum("bix,ioxz->boz", output_residue2, term2)
        y = tf.tanh(output_residue1 + x2 / grid)
        pred = tf.einsum("bog,o->bg", y, proj)
        return tf.reduce_mean(tf.square(pred - batch["response"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"forcing": rng.normal(size=(n, grid, 2)).astype(fx) * 2,
                      "response": rng.normal(size=(n, grid)).astype(fx)},
            "variables": [lift, poles, residue, proj]}
