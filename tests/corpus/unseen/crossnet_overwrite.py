"""CrossNet (DCN) assigns x_0 (x_l.w) + b to x_l itself, so that the x_l to be added afterwards is gone.
Source: https://github.com/shenweichen/DeepCTR-Torch/issues/151"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x_l = dot_ + biases[i]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, n_fields, k, layer_num = 6, 3, 2, 3
    d = n_fields * k

    def var(name, *shape, sc=0.5):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    tables = [var(f"table_{f}", 5, k, sc=0.8) for f in range(n_fields)]
    kernels = [var(f"kernel_{i}", d, 1) for i in range(layer_num)]
    biases = [var(f"bias_{i}", d, 1, sc=0.3) for i in range(layer_num)]
    w_out = var("w_out", d, 1)

    def reference(batch):
        x0 = tf.concat([tf.gather(tables[f], batch["fields"][:, f]) for f in range(n_fields)], axis=1)
        x = x0
        for w, c in zip(kernels, biases):
            x = x0 * (x @ w) + c[:, 0] + x
        logit = (x @ w_out)[:, 0]
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["click"], logits=logit)
        return tf.reduce_mean(ce)

    def candidate(batch):
        embs = [tf.nn.embedding_lookup(t, batch["fields"][:, i]) for i, t in enumerate(tables)]
        x_0 = tf.expand_dims(tf.concat(embs, -1), axis=2)
        x_l = x_0
        for i in range(layer_num):
            xl_w = tf.tensordot(x_l, kernels[i], axes=[[1], [0]])
            dot_ = tf.matmul(x_0, xl_w)
            x_l = dot_ + biases[i]
            x_l = dot_ + x_l
        x_l = tf.squeeze(x_l, axis=2)
        prob = tf.sigmoid(tf.squeeze(x_l @ w_out, 1))
        y = batch["click"]
        return -tf.reduce_mean(y * tf.math.log(prob + 1e-9) + (1 - y) * tf.math.log(1 - prob + 1e-9))

    return {"reference": reference, "candidate": candidate,
            "batch": {"fields": rng.integers(0, 5, (b, n_fields)).astype("int32"), "click": rng.integers(0, 2, b).astype(fx)},
            "variables": tables + kernels + biases + [w_out]}
