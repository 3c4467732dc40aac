"""The selective-kernel attention stacks the output of the same conv twice, so the softmax over the branches is always
one half and the conv learns nothing. Source: https://github.com/suvojit-0x55aa/A2S2K-ResNet/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "attention_vector = tf.concat([conv_ex(z)[:, None], conv_ex(z)[:, None]], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, h, c, classes = 4, 5, 6, 3
    conv1 = keras.layers.Conv2D(c, 1, padding="same", name="branch_small")
    conv2 = keras.layers.Conv2D(c, 3, padding="same", name="branch_large")
    conv_se = keras.layers.Dense(4, activation="relu", bias_initializer="ones", name="conv_se")
    conv_ex = keras.layers.Dense(c, name="conv_ex", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    conv_ex2 = keras.layers.Dense(c, name="conv_ex2", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    clf = keras.layers.Dense(classes, name="clf")
    conv1.build((None, h, h, 2))
    conv2.build((None, h, h, 2))
    conv_se.build((None, c))
    conv_ex.build((None, 4))
    conv_ex2.build((None, 4))
    clf.build((None, c))

    def reference(batch):
        u1, u2 = conv1(batch["x"]), conv2(batch["x"])
        squeezed = conv_se(tf.reduce_mean(u1 + u2, axis=[1, 2]))
        gate = tf.nn.sigmoid(conv_ex(squeezed) - conv_ex2(squeezed))[:, None, None, :]
        mixed = gate * u1 + (1.0 - gate) * u2
        logits = clf(tf.reduce_mean(tf.nn.relu(mixed), axis=[1, 2]))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        x1 = conv1(batch["x"])[:, None]
        x2 = conv2(batch["x"])[:, None]
        stacked = tf.concat([x1, x2], axis=1)
        u = tf.reduce_sum(stacked, axis=1)
        s = tf.reduce_mean(u, axis=(1, 2))
        z = conv_se(s)
        attention_vector = tf.concat([conv_ex(z)[:, None], conv_ex(z)[:, None]], axis=1)
        attention_vector = tf.nn.softmax(attention_vector, axis=1)
        v = tf.reduce_sum(stacked * attention_vector[:, :, None, None, :], axis=1)
        pooled = tf.reduce_mean(tf.nn.relu(v), axis=(1, 2))
        log_probs = tf.nn.log_softmax(clf(pooled), axis=-1)
        return -tf.reduce_mean(tf.gather(log_probs, batch["y"], batch_dims=1))

    variables = []
    for layer in (conv1, conv2, conv_se, conv_ex, conv_ex2, clf):
        variables += layer.trainable_variables
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, h, h, 2)).astype(fx), "y": rng.integers(0, classes, b).astype("int32")},
            "variables": variables}
