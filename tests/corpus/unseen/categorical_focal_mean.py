"""With gamma 0 and alpha 1 the categorical focal loss should be the cross entropy but comes out smaller
by a factor: mean over the classes in place of a sum. Source: https://github.com/umbertogriffo/focal-loss-keras/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'per_sample = tf.reduce_mean(loss, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, d, k, gamma = 6, 4, 3, 2.0
    x = normal(b, d)
    labels = rng.integers(0, k, b).astype("int32")
    alpha = np.array([0.25, 0.5, 0.75], dtype=fx)
    kernel = var("kernel", d, k)
    bias = var("bias", k)

    def reference(batch):
        logits = batch["x"] @ kernel + bias
        total = 0.0
        for i in range(b):
            y = int(batch["labels"][i])
            p = tf.clip_by_value(tf.nn.softmax(logits[i]), 1e-7, 1.0 - 1e-7)[y]
            total -= batch["alpha"][y] * (1.0 - p) ** gamma * tf.math.log(p)
        return total / b

    def candidate(batch):
        y_true = tf.one_hot(batch["labels"], k, dtype=batch["x"].dtype)
        y_pred = tf.nn.softmax(tf.matmul(batch["x"], kernel) + bias, axis=-1)
        y_pred = tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)
        cross_entropy = -y_true * tf.math.log(y_pred)
        loss = batch["alpha"] * tf.pow(1.0 - y_pred, gamma) * cross_entropy
        per_sample = tf.reduce_mean(loss, axis=-1)
        return tf.reduce_mean(per_sample)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "labels": labels, "alpha": alpha}, "variables": [kernel, bias]}
