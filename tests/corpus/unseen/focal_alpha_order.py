"""The pair [alpha, 1-alpha] is indexed with the 0/1 target, so that positives get 1-alpha and the
background gets alpha, the reverse of the paper. Source: https://github.com/clcarwin/focal_loss_pytorch/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "class_weight = tf.stack([alpha, 1.0 - alpha])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, w, d = 3, 3, 3, 4
    k1, k2 = var("k1", d, 6), var("k2", 6, 2)
    batch = {"feat": rng.standard_normal((n, h, w, d)).astype(fx),
             "target": (rng.uniform(size=(n, h, w)) < 0.3).astype("int32"),
             "alpha": np.array(0.25, dtype=fx), "gamma": np.array(2.0, dtype=fx)}
    batch["target"][0, 0, 0] = 1

    def head(x):
        return tf.nn.swish(x @ tf.reshape(k1, (1, 1, d, 6))) @ tf.reshape(k2, (1, 1, 6, 2))

    def reference(batch):
        p = tf.nn.softmax(head(batch["feat"]))[..., 1]
        y = tf.cast(batch["target"], fx)
        a, g = batch["alpha"], batch["gamma"]
        pos = -y * a * (1 - p) ** g * tf.math.log(p)
        neg = -(1 - y) * (1 - a) * p ** g * tf.math.log(1 - p)
        return tf.reduce_mean(pos + neg)

    def candidate(batch):
        logits = tf.reshape(head(batch["feat"]), (-1, 2))
        target = tf.reshape(batch["target"], (-1,))
        alpha = batch["alpha"]
        logpt = tf.gather(tf.nn.log_softmax(logits), target, batch_dims=1)
        pt = tf.exp(logpt)
        class_weight = tf.stack([alpha, 1.0 - alpha])
        logpt = logpt * tf.gather(class_weight, target)
        return tf.reduce_mean(-1.0 * (1.0 - pt) ** batch["gamma"] * logpt)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [k1, k2]}
