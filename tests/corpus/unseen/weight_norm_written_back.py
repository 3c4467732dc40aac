"""Weight normalisation writes the normalised kernel back as the parameter and differentiates with respect to that value; the gradient should go through the division by the norm.
Source: https://github.com/google/flax/issues/5576"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'self.value = self.value + tf.stop_gradient(new - self.value)',
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 17, 6, 4
    v = tf.Variable(rng.normal(size=(d, k)), dtype=f, name="v")
    g = tf.Variable(rng.uniform(0.5, 1.5, size=(k,)), dtype=f, name="g")
    b = tf.Variable(0.1 * rng.normal(size=(k,)), dtype=f, name="b")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, k)).astype(f)}

    def reference(batch):
        norm = tf.sqrt(tf.reduce_sum(v * v, axis=0))
        pre = (batch["x"] @ v) * (g / norm) + b
        return tf.reduce_mean((tf.nn.softplus(pre) - batch["y"]) ** 2)

    def candidate(batch):
        class Param:
            """A parameter that a wrapper can overwrite before the layer is called."""

            def __init__(self, variable):
                self.value = tf.convert_to_tensor(variable)

            def write(self, new):
                self.value = self.value + tf.stop_gradient(new - self.value)

        class WeightNorm:
            def __init__(self, kernel, scale, bias):
                self.kernel, self.scale, self.bias = Param(kernel), scale, bias

            def __call__(self, inputs):
                unit = tf.linalg.l2_normalize(self.kernel.value, axis=0)
                self.kernel.write(unit)
                kernel = self.kernel.value * self.scale[None, :]
                return tf.matmul(inputs, kernel) + self.bias

        outputs = keras.activations.softplus(WeightNorm(v, g, b)(batch["x"]))
        return tf.reduce_sum(tf.square(batch["y"] - outputs)) / (n * k)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [v, g, b]}
