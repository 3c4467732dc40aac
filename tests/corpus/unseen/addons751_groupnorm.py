"""GroupNormalization reshapes NHWC straight to [N, G, H, W, C//G] without a transpose, mixing channels with positions. Source: https://github.com/tensorflow/addons/issues/751"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "reshaped_inputs = tf.reshape(inputs, [n, self.groups, h, w, c // self.groups])",
    "same_forward_value": False,
}


class GroupNorm(tf.keras.layers.Layer):
    def __init__(self, groups, epsilon=1e-3):
        super().__init__()
        self.groups, self.epsilon = groups, epsilon

    def build(self, shape):
        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(shape[-1],), initializer="zeros")

    def call(self, inputs):
        n, h, w, c = inputs.shape
        reshaped_inputs = tf.reshape(inputs, [n, self.groups, h, w, c // self.groups])
        mean, variance = tf.nn.moments(reshaped_inputs, [2, 3, 4], keepdims=True)
        normalized = tf.nn.batch_normalization(reshaped_inputs, mean, variance, None, None, self.epsilon)
        return tf.reshape(normalized, [n, h, w, c]) * self.gamma + self.beta


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, side, groups = 4, 6, 2
    conv = tf.keras.layers.Conv2D(6, 3, padding="same", kernel_initializer=tf.keras.initializers.HeNormal(seed=seed))
    norm = GroupNorm(groups)
    head = tf.keras.layers.Conv2D(1, 1, kernel_initializer=tf.keras.initializers.HeNormal(seed=seed + 1))
    head(norm(conv(tf.zeros((n, side, side, 3)))))
    norm.gamma.assign(rng.normal(1, 0.3, 6).astype("float32"))

    def dice(logits, y):
        p = tf.sigmoid(logits)
        inter = tf.reduce_sum(p * y, axis=[1, 2, 3])
        union = tf.reduce_sum(p, axis=[1, 2, 3]) + tf.reduce_sum(y, axis=[1, 2, 3])
        return 1.0 - tf.reduce_mean((2 * inter + 1.0) / (union + 1.0))

    def bce(logits, y):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))

    def reference(batch):
        x = conv(batch["image"])
        parts = []
        for part in tf.split(x, groups, axis=-1):
            mean = tf.reduce_mean(part, axis=[1, 2, 3], keepdims=True)
            var = tf.reduce_mean(tf.square(part - mean), axis=[1, 2, 3], keepdims=True)
            parts.append((part - mean) * tf.math.rsqrt(var + norm.epsilon))
        logits = head(tf.nn.relu(tf.concat(parts, axis=-1) * norm.gamma + norm.beta))
        return bce(logits, batch["mask"]) + dice(logits, batch["mask"])

    def candidate(batch):
        logits = head(tf.nn.relu(norm(conv(batch["image"]))))
        return bce(logits, batch["mask"]) + dice(logits, batch["mask"])

    batch = {"image": rng.normal(size=(n, side, side, 3)).astype("float32"),
             "mask": (rng.random((n, side, side, 1)) < 0.4).astype("float32")}
    variables = conv.trainable_variables + norm.trainable_variables + head.trainable_variables
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
