"""Wide ResNet block: dropout is applied to x instead of x_res, so the first convolution of the residual branch is thrown away. Source: https://github.com/hypnopump/keras-wrn/pull/2"""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "x_res = drop(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, side, ch, classes, rate, decay = 4, 5, 4, 3, 0.3, 5e-3
    he = lambda k: tf.keras.initializers.HeNormal(seed=seed + k)
    stem = layers.Conv2D(ch, 3, padding="same", use_bias=False, kernel_initializer=he(0))
    conv1 = layers.Conv2D(ch, 3, padding="same", use_bias=False, kernel_initializer=he(1))
    conv2 = layers.Conv2D(ch, 3, padding="same", use_bias=False, kernel_initializer=he(2))
    dense = layers.Dense(classes, kernel_initializer=he(3))
    x0 = tf.zeros((1, side, side, 3))
    dense(layers.GlobalAveragePooling2D()(conv2(conv1(stem(x0)))))
    kernels = [stem.kernel, conv1.kernel, conv2.kernel]

    def drop(x):
        keep = tf.random.stateless_uniform((n, side, side, ch), seed=(seed, 7)) >= rate
        return tf.where(keep, x / (1.0 - rate), 0.0)

    def classify(x, batch):
        logits = dense(tf.reduce_mean(tf.nn.relu(x), axis=[1, 2]))
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce) + decay * tf.add_n([tf.nn.l2_loss(k) for k in kernels])

    def reference(batch):
        x = stem(batch["x"])
        branch = conv2(drop(tf.nn.relu(conv1(tf.nn.relu(x)))))
        return classify(x + branch, batch)

    def candidate(batch):
        x = stem(batch["x"])
        x_res = tf.nn.relu(x)
        x_res = conv1(x_res)
        x_res = tf.nn.relu(x_res)
        x_res = drop(x)
        x_res = conv2(x_res)
        x = layers.add([x, x_res])
        return classify(x, batch)

    batch = {"x": rng.normal(size=(n, side, side, 3)).astype("float32"),
             "y": np.eye(classes, dtype="float32")[rng.integers(0, classes, n)]}
    variables = kernels + dense.trainable_variables
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
