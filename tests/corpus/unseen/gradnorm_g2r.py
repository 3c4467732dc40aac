"""GradNorm: the second task gradient norm is computed from the loss of the first task.
Source: https://github.com/hosseinshn/GradNorm/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "g2r = tape.gradient(weighted[0], shared)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, d, h = 6, 4, 5
    shared_v = rng.normal(size=(d, h)).astype(dt)
    heads = [rng.normal(size=(h, 1)).astype(dt) * s for s in (0.6, 1.8)]
    loss_weights = tf.Variable([1.2, 0.8], dtype=dt, name="loss_weights")
    alpha, init = 0.5, np.array([2.0, 9.0], dtype=dt)

    def reference(batch):
        z = batch["x"] @ shared_v
        mask = tf.cast(z > 0, z.dtype)
        feats = z * mask
        norms, ratios = [], []
        for k in range(2):
            err = (feats @ heads[k])[:, 0] - batch["y"][:, k]
            back = (2.0 / n) * err[:, None] * heads[k][:, 0][None] * mask
            raw = tf.norm(tf.transpose(batch["x"]) @ back)
            norms.append(loss_weights[k] * raw)
            ratios.append(tf.reduce_mean(err ** 2) / init[k])
        mean_norm = tf.stop_gradient((norms[0] + norms[1]) / 2)
        mean_ratio = (ratios[0] + ratios[1]) / 2
        total = 0.0
        for k in range(2):
            total += tf.abs(norms[k] - mean_norm * (ratios[k] / mean_ratio) ** alpha)
        return total

    def candidate(batch):
        shared = tf.constant(shared_v)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(shared)
            feats = tf.nn.relu(batch["x"] @ shared)
            task_losses = [tf.reduce_mean(tf.square(tf.squeeze(feats @ w, -1) - batch["y"][:, k]))
                           for k, w in enumerate(heads)]
            weighted = [loss_weights[k] * task_losses[k] for k in range(2)]
        g1r = tape.gradient(weighted[0], shared)
        g2r = tape.gradient(weighted[0], shared)
        g1, g2 = tf.norm(g1r), tf.norm(g2r)
        g_avg = tf.stop_gradient((g1 + g2) / 2.0)
        lhat = [task_losses[k] / init[k] for k in range(2)]
        lhat_avg = tf.add_n(lhat) / 2.0
        c1 = g_avg * tf.pow(lhat[0] / lhat_avg, alpha)
        c2 = g_avg * tf.pow(lhat[1] / lhat_avg, alpha)
        return tf.abs(g1 - tf.stop_gradient(c1)) + tf.abs(g2 - tf.stop_gradient(c2))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(dt), "y": rng.normal(size=(n, 2)).astype(dt)},
            "variables": [loss_weights]}
