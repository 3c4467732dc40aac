"""The inner update of MAML writes through param.data, so that the query loss has no path back to the meta
weights. Source: https://github.com/KanishJebaMathewM/Truxify/issues/13118"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'fast = tf.constant(body.numpy() - inner_lr * grad.numpy())',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, h = 5, 3, 4
    sx, qx = normal(n, d), normal(n, d)
    sy, qy = normal(n), normal(n)
    q_mask = np.array([1, 1, 0, 1, 1]).astype(fx)
    body, head = var("body", d, h), var("head", h)
    inner_lr = 0.1

    def reference(batch):
        with tf.GradientTape() as tape:
            tape.watch(body)
            err = tf.linalg.matvec(tf.tanh(batch["sx"] @ body), head) - batch["sy"]
            inner = tf.reduce_mean(err ** 2)
        fast = body - inner_lr * tape.gradient(inner, body)
        out = tf.linalg.matvec(tf.tanh(batch["qx"] @ fast), head)
        return tf.reduce_sum(batch["q_mask"] * (out - batch["qy"]) ** 2) / tf.reduce_sum(batch["q_mask"])

    def candidate(batch):
        def forward(x, weights):
            return tf.linalg.matvec(tf.tanh(tf.matmul(x, weights)), head)

        with tf.GradientTape() as inner_tape:
            support_loss = tf.reduce_mean(tf.square(forward(batch["sx"], body) - batch["sy"]))
        grad = inner_tape.gradient(support_loss, body)
        fast = tf.constant(body.numpy() - inner_lr * grad.numpy())
        sq = tf.square(forward(batch["qx"], fast) - batch["qy"])
        return tf.reduce_sum(sq * batch["q_mask"]) / tf.reduce_sum(batch["q_mask"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"sx": sx, "sy": sy, "qx": qx, "qy": qy, "q_mask": q_mask}, "variables": [body, head]}
