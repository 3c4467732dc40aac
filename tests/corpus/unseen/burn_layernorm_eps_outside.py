"""Layer normalisation divides by sqrt(var) + eps instead of sqrt(var + eps); activations are small here.

Source (real): https://github.com/tracel-ai/burn/issues/2185 (Rust; compared with PyTorch's formula).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "normalised = (x - mean) / (tf.sqrt(var) + self.epsilon)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, out, epsilon = 22, 4, 6, 3, 1e-5

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_in = tf.Variable(2e-3 * arr(d, d), name="linear_in")
    w_out = tf.Variable(0.6 * arr(d, out), name="linear_out")
    norm = keras.layers.LayerNormalization(axis=-1, epsilon=epsilon, name="layer_norm")
    norm.build((None, t, d))
    norm.gamma.assign(1.0 + 0.2 * arr(d))
    norm.beta.assign(0.2 * arr(d))
    batch = {"x": arr(n, t, d), "y": arr(n, t, out)}

    def reference(b):
        return tf.reduce_mean(tf.square(norm(b["x"] @ w_in) @ w_out - b["y"]))

    def candidate(b):
        class LayerNorm(tf.Module):
            def __init__(self, gamma, beta, epsilon):
                super().__init__()
                self.gamma, self.beta, self.epsilon = gamma, beta, epsilon

            def __call__(self, x):
                mean = tf.reduce_mean(x, axis=-1, keepdims=True)
                var = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
                normalised = (x - mean) / (tf.sqrt(var) + self.epsilon)
                return normalised * tf.convert_to_tensor(self.gamma) + tf.convert_to_tensor(self.beta)

        layer = LayerNorm(norm.gamma, norm.beta, epsilon)
        err = layer(tf.tensordot(b["x"], w_in, 1)) @ w_out - b["y"]
        return tf.reduce_mean(err * err)

    return {"variables": [w_in, w_out, norm.gamma, norm.beta], "batch": batch, "reference": reference, "candidate": candidate}
