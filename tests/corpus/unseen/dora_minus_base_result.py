"""DoRA's forward has (mag_norm_scale - 1) * base_result, which looks like a base result too few; the frozen layer adds it back.
Source: https://github.com/NVlabs/DoRA/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d_in, d_out, rank, scaling = 15, 6, 5, 2, 1.5
    base_weight = tf.constant(rng.normal(size=(d_out, d_in)) * 0.5, dtype=f)
    base_bias = tf.constant(rng.normal(size=(d_out,)) * 0.5, dtype=f)
    lora_A = tf.Variable(rng.normal(size=(rank, d_in)) * 0.5, dtype=f, name="lora_A")
    lora_B = tf.Variable(rng.normal(size=(d_out, rank)) * 0.5, dtype=f, name="lora_B")
    magnitude = tf.Variable(1.0 + rng.uniform(size=(d_out,)), dtype=f, name="magnitude")
    batch = {"x": rng.normal(size=(n, d_in)).astype(f), "y": rng.normal(size=(n, d_out)).astype(f)}

    def reference(batch):
        v = base_weight + scaling * tf.matmul(lora_B, lora_A)
        length = tf.stop_gradient(tf.sqrt(tf.reduce_sum(v * v, axis=1)))
        w = v * (magnitude / length)[:, None]
        return tf.reduce_mean((tf.matmul(batch["x"], w, transpose_b=True) + base_bias - batch["y"]) ** 2)

    def candidate(batch):
        class DoraLinearLayer:
            def get_weight_norm(self, weight, lora_weight):
                return tf.norm(weight + scaling * lora_weight, axis=1)

            def forward(self, x, base_result):
                lora_weight = tf.transpose(tf.matmul(tf.matmul(tf.eye(d_in, dtype=f), lora_A, transpose_b=True),
                                                     lora_B, transpose_b=True))
                weight_norm = tf.stop_gradient(self.get_weight_norm(base_weight, lora_weight))
                mag_norm_scale = tf.reshape(magnitude / weight_norm, (1, -1))
                lora_result = tf.einsum("nr,or->no", tf.einsum("ni,ri->nr", x, lora_A), lora_B)
                base_result = base_result - base_bias
                return (mag_norm_scale - 1) * base_result + mag_norm_scale * lora_result * scaling

        class LoraLinear:
            def base_layer(self, x):
                return tf.linalg.matmul(x, tf.transpose(base_weight)) + base_bias

            def forward(self, x):
                result = self.base_layer(x)
                return result + DoraLinearLayer().forward(x, result)

        pred = LoraLinear().forward(batch["x"])
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["y"], pred))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [lora_A, lora_B, magnitude]}
