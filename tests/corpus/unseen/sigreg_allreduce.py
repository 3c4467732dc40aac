"""lightly SIGReg: the characteristic function statistics are all-reduced without autograd, so the gradient
is too small by the world size.
Source: https://github.com/lightly-ai/lightly/issues/1920"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'others = tf.stop_gradient(tf.add_n(stats) - stats[rank])',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    world, per, d_in, d = 3, 3, 4, 3
    w1 = var("w1", d_in, 5)
    w2 = var("w2", 5, d)

    def net(x):
        return tf.tanh(x @ w1) @ w2

    def penalty(cos_mean, sin_mean, knots):
        phi = tf.exp(-0.5 * knots ** 2)
        err = (cos_mean - phi) ** 2 + sin_mean ** 2
        return tf.reduce_mean(tf.reduce_sum(err * phi, -1))

    def reference(batch):
        z = net(tf.reshape(batch["x"], [world * per, d_in]))
        proj = z @ tf.math.l2_normalize(batch["dirs"], axis=0)
        arg = proj[:, :, None] * batch["knots"]
        reg = penalty(tf.reduce_mean(tf.cos(arg), 0), tf.reduce_mean(tf.sin(arg), 0), batch["knots"])
        pred = tf.reduce_mean((z - tf.reshape(batch["y"], [world * per, d])) ** 2)
        return pred + 2.0 * reg

    def candidate(batch):
        directions = tf.math.l2_normalize(batch["dirs"], axis=0)
        outputs, stats = [], []
        for shard in tf.unstack(batch["x"]):
            emb = net(shard)
            angle = tf.einsum("nd,dk,t->nkt", emb, directions, batch["knots"])
            outputs.append(emb)
            stats.append(tf.stack([tf.reduce_sum(tf.cos(angle), axis=0), tf.reduce_sum(tf.sin(angle), axis=0)]))
        losses = []
        for rank in range(world):
            others = tf.stop_gradient(tf.add_n(stats) - stats[rank])
            gathered = (stats[rank] + others) / (world * per)
            sigreg = penalty(gathered[0], gathered[1], batch["knots"])
            mse = tf.reduce_mean(tf.square(outputs[rank] - batch["y"][rank]))
            losses.append(mse + 2.0 * sigreg)
        return tf.add_n(losses) / world

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(world, per, d_in), "y": arr(world, per, d), "dirs": arr(d, 4),
                      "knots": np.linspace(0.2, 2.5, 5).astype(F)},
            "variables": [w1, w2]}
