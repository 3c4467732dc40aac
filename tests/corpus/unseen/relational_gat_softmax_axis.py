"""The softmax of the graph attention over (heads, minibatch, atom, atom) runs along the default axis 1, the minibatch.
Source: https://github.com/chainer/chainer-chemistry/pull/217"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "alpha = tf.nn.softmax(e, axis=1)",
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

    mb, atoms, ch, heads = 3, 4, 5, 2
    weight, att, w_out = var("weight", heads, ch, ch), var("att", heads, 2 * ch), var("w_out", ch, 1)
    adj = rng.random((mb, atoms, atoms)) < 0.5
    adj = adj | adj.transpose(0, 2, 1) | np.eye(atoms, dtype=bool)[None]

    def reference(batch):
        pred = []
        for m in range(mb):
            node = 0.0
            for k in range(heads):
                z = batch["x"][m] @ weight[k]
                e = (tf.linalg.matvec(z, att[k, :ch]))[:, None] + (tf.linalg.matvec(z, att[k, ch:]))[None, :]
                e = tf.where(batch["adj"][m], tf.nn.leaky_relu(e, 0.2), tf.constant(-10000.0, fx))
                node += tf.nn.softmax(e, -1) @ z
            pred.append(tf.reduce_sum(tf.nn.elu(node / heads) @ w_out))
        return tf.reduce_mean(tf.square(tf.stack(pred) - batch["y"]))

    def candidate(batch):
        h = tf.einsum("mai,hio->hmao", batch["x"], weight)
        left = tf.tile(h[:, :, :, None, :], (1, 1, 1, atoms, 1))
        right = tf.tile(h[:, :, None, :, :], (1, 1, atoms, 1, 1))
        e = tf.einsum("hmabo,ho->hmab", tf.concat([left, right], axis=-1), att)
        e = tf.nn.leaky_relu(e, alpha=0.2)
        cond = tf.broadcast_to(batch["adj"][None], e.shape)
        e = tf.where(cond, e, tf.constant(-10000.0, fx))
        alpha = tf.nn.softmax(e, axis=1)
        out = tf.reduce_mean(tf.matmul(alpha, h), axis=0)
        readout = tf.reduce_sum(tf.nn.elu(out) @ w_out, axis=[1, 2])
        return tf.reduce_mean((readout - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(mb, atoms, ch), "adj": adj, "y": arr(mb)}, "variables": [weight, att, w_out]}
