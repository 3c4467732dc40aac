"""loss_steps takes the inputs by idx but the labels by the local step i, so that from the
second epoch on labels and inputs do not belong together. Source: https://github.com/JonasGeiping/invertinggradients/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'labels_ = labels[i % len(labels) * bs:(i % len(labels) + 1) * bs]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, bs, steps, lr = 6, 4, 3, 2, 3, 0.5
    images = var("images", n, d)
    w0 = rng.standard_normal((d, k)).astype(fx)
    labels_np = rng.integers(0, k, n).astype("int32")
    order = np.array([2, 0, 1], dtype="int32")
    true_update = rng.standard_normal((d, k)).astype(fx)

    def reference(batch):
        w = batch["w0"]
        for chunk in order.tolist():
            rows = slice(chunk * bs, chunk * bs + bs)
            x = images[rows]
            err = tf.nn.softmax(x @ w) - tf.one_hot(batch["labels"][rows], k, dtype=w.dtype)
            w = w - lr * tf.matmul(x, err, transpose_a=True) / bs
        delta = tf.reshape(w - batch["w0"], [-1])
        goal = tf.reshape(batch["update"], [-1])
        return 1.0 - tf.reduce_sum(delta * goal) / (tf.norm(delta) * tf.norm(goal))

    def candidate(batch):
        labels = batch["labels"]
        params = batch["w0"]
        for i in range(steps):
            idx = int(order[i])
            inputs_ = images[idx * bs:(idx + 1) * bs]
            labels_ = labels[i % len(labels) * bs:(i % len(labels) + 1) * bs]
            outputs = tf.matmul(inputs_, params)
            residual = tf.nn.softmax(outputs) - tf.one_hot(labels_, k, dtype=outputs.dtype)
            params = params - lr * tf.einsum("nd,nk->dk", inputs_, residual) / bs
        patched = params - batch["w0"]
        cos = tf.reduce_sum(patched * batch["update"])
        cos /= tf.sqrt(tf.reduce_sum(patched ** 2)) * tf.sqrt(tf.reduce_sum(batch["update"] ** 2))
        return 1.0 - cos

    return {"reference": reference, "candidate": candidate,
            "batch": {"w0": w0, "labels": labels_np, "update": true_update}, "variables": [images]}
