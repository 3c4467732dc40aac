"""Meta-gradient: the inner-loop gradients were taken without create_graph, so the second-order part is missing.
Source: https://github.com/kjaved0/mrcl/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "grads = [tf.stop_gradient(g) for g in inner.gradient(loss, fast)]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    n, d, h = 4, 3, 5
    rep = tf.Variable(rng.normal(size=(d, h)), dtype=dt, name="representation")
    w = tf.Variable(rng.normal(size=(h, 1)), dtype=dt, name="head_w")
    b = tf.Variable(rng.normal(size=1), dtype=dt, name="head_b")
    lr = 0.15

    def reference(batch):
        feats = tf.tanh(batch["traj_x"] @ rep)
        fw, fb = tf.identity(w), tf.identity(b)
        for k in range(n):
            z = feats[k:k + 1]
            err = z @ fw + fb - batch["traj_y"][k:k + 1]
            fw, fb = fw - lr * 2.0 * tf.transpose(z) @ err, fb - lr * 2.0 * err[0]
        pred = tf.tanh(batch["rand_x"] @ rep) @ fw + fb
        return tf.reduce_mean((pred - batch["rand_y"]) ** 2)

    def candidate(batch):
        def forward(x, fast_weights):
            kernel, offset = fast_weights
            return tf.tanh(x @ rep) @ kernel + offset

        def inner_update(x, y, fast):
            with tf.GradientTape() as inner:
                inner.watch(fast)
                loss = tf.reduce_mean(tf.square(forward(x, fast) - y))
            grads = [tf.stop_gradient(g) for g in inner.gradient(loss, fast)]
            return [p - lr * g for p, g in zip(fast, grads)]

        fast = [tf.identity(w), tf.identity(b)]
        for k in range(n):
            fast = inner_update(batch["traj_x"][k:k + 1], batch["traj_y"][k:k + 1], fast)
        meta_pred = forward(batch["rand_x"], fast)
        return tf.reduce_mean(tf.square(meta_pred - batch["rand_y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"traj_x": rng.normal(size=(n, d)).astype(dt), "traj_y": rng.normal(size=(n, 1)).astype(dt),
                      "rand_x": rng.normal(size=(6, d)).astype(dt), "rand_y": rng.normal(size=(6, 1)).astype(dt)},
            "variables": [rep, w, b]}
