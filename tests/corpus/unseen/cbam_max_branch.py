"""The channel attention of CBAM sums the average branch with itself, and the max branch is not used.
Source: https://github.com/MenghaoGuo/Awesome-Vision-Attentions/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "y = tf.sigmoid(y_avg + y_avg)",
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

    b, hw, c, r = 3, 4, 6, 2
    fc1, fc2, w_cls = var("fc1", c, r), var("fc2", r, c), var("w_cls", c, 3)
    conv = var("conv", 3, 3, c, c, sc=0.2)

    def reference(batch):
        feat = tf.nn.conv2d(batch["img"], conv, 1, "SAME")
        pooled = tf.stack([tf.reduce_mean(feat, [1, 2]), tf.reduce_max(feat, [1, 2])])
        gate = tf.sigmoid(tf.reduce_sum(tf.nn.relu(pooled @ fc1) @ fc2, 0))
        logits = tf.reduce_mean(feat * gate[:, None, None, :], [1, 2]) @ w_cls
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        def mlp(z):
            return tf.matmul(tf.nn.relu(tf.matmul(z, fc1)), fc2)

        x = tf.nn.conv2d(batch["img"], conv, strides=1, padding="SAME")
        y_avg = mlp(tf.reduce_mean(x, axis=(1, 2)))
        y_max = mlp(tf.reduce_max(x, axis=(1, 2)))
        y = tf.sigmoid(y_avg + y_avg)
        x = x * tf.reshape(y, (-1, 1, 1, c))
        logits = tf.einsum("bhwc,ck->bk", x, w_cls) / (hw * hw)
        return -tf.reduce_mean(tf.reduce_sum(batch["y"] * tf.nn.log_softmax(logits), -1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": 1.5 * arr(b, hw, hw, c), "y": np.eye(3)[rng.integers(0, 3, b)].astype(fx)},
            "variables": [fc1, fc2, w_cls, conv]}
