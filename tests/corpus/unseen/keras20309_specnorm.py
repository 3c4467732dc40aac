"""Spectral normalisation: the stop_gradient on the power-iteration vector was commented out, so the gradient also runs through the power iteration. Source: https://github.com/keras-team/keras/issues/20309"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "vector_u = normalize(tf.matmul(vector_v, weights))",
    "same_forward_value": True,
}


def normalize(x):
    return x / tf.sqrt(tf.reduce_sum(tf.square(x)) + 1e-12)


class SpectralDense(tf.keras.layers.Layer):
    def __init__(self, units, seed, power_iterations=1):
        super().__init__()
        self.units, self.power_iterations = units, power_iterations
        self.init = tf.keras.initializers.RandomNormal(0.0, 0.6, seed=seed)

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units), initializer=self.init)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.vector_u = self.add_weight(name="vector_u", shape=(1, self.units), initializer=self.init, trainable=False)

    def normalized_weights(self):
        weights = tf.convert_to_tensor(self.kernel)
        vector_u = tf.convert_to_tensor(self.vector_u)
        for _ in range(self.power_iterations):
            vector_v = normalize(tf.matmul(vector_u, weights, transpose_b=True))
            vector_u = normalize(tf.matmul(vector_v, weights))
        # vector_u = tf.stop_gradient(vector_u)
        # vector_v = tf.stop_gradient(vector_v)
        sigma = tf.matmul(tf.matmul(vector_v, weights), vector_u, transpose_b=True)
        return weights / sigma

    def call(self, x):
        return tf.matmul(x, self.normalized_weights()) + self.bias


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, features = 6, 5
    sn1, sn2 = SpectralDense(8, seed + 1), SpectralDense(1, seed + 2)
    critic = tf.keras.Sequential([sn1, tf.keras.layers.LeakyReLU(negative_slope=0.1), sn2])
    critic.build((None, features))

    def dense_sn(layer, x):
        W, u = layer.kernel, tf.convert_to_tensor(layer.vector_u)
        fixed = tf.stop_gradient(tf.convert_to_tensor(W))
        v = normalize(u @ tf.transpose(fixed))
        u = normalize(v @ fixed)
        sigma = tf.squeeze(v @ W @ tf.transpose(u))
        return x @ (W / sigma) + layer.bias

    def hinge(real, fake):
        return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))

    def reference(batch):
        d = lambda x: dense_sn(sn2, tf.nn.leaky_relu(dense_sn(sn1, x), 0.1))
        return hinge(d(batch["real"]), d(batch["fake"]))

    def candidate(batch):
        return hinge(critic(batch["real"]), critic(batch["fake"]))

    batch = {"real": rng.normal(0.5, 1, (n, features)).astype("float32"),
             "fake": rng.normal(-0.5, 1, (n, features)).astype("float32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": critic.trainable_variables}
