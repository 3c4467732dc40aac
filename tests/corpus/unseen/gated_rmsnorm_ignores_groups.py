"""Gated RMSNorm of a state space layer: n_groups is stored, but the mean of squares is taken over the whole last dimension.

Source (real): https://github.com/osaurus-ai/vmlx-swift/pull/188 (Swift/MLX, FalconH1RMSNormGated, ported; Hugging Face normalises per group).
Right answer: NOT equivalent for n_groups > 1.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "variance = keras.ops.mean(keras.ops.square(hidden_states), axis=-1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, dim, n_groups, eps = 14, 3, 4, 8, 2, 1e-5

    def var(name, *s):
        return tf.Variable((0.7 * rng.standard_normal(s)).astype(f), name=name)

    in_proj, gate_proj, weight, out_proj = var("in_proj", d, dim), var("gate_proj", d, dim), var("norm_weight", dim), var("out_proj", dim)
    batch = {"x": rng.standard_normal((n, T, d)).astype(f), "y": rng.standard_normal((n, T)).astype(f)}

    def reference(b):
        hidden = (b["x"] @ in_proj) * tf.nn.silu(b["x"] @ gate_proj)
        groups = []
        for part in tf.split(hidden, n_groups, axis=-1):
            rms = tf.sqrt(tf.reduce_mean(part**2, axis=-1) + eps)
            groups.append(part / rms[..., None])
        y = tf.concat(groups, axis=-1) * weight
        return tf.reduce_mean((tf.tensordot(y, out_proj, 1) - b["y"]) ** 2)

    def candidate(b):
        class RMSNormGated(keras.layers.Layer):
            def __init__(self, n_groups, variance_epsilon):
                super().__init__()
                self.n_groups = n_groups
                self.variance_epsilon = variance_epsilon

            def call(self, hidden_states, gate):
                hidden_states = hidden_states * keras.ops.silu(gate)
                variance = keras.ops.mean(keras.ops.square(hidden_states), axis=-1, keepdims=True)
                hidden_states = hidden_states * keras.ops.rsqrt(variance + self.variance_epsilon)
                return weight * hidden_states

        norm = RMSNormGated(n_groups, eps)
        normed = norm(tf.matmul(b["x"], in_proj), gate=tf.matmul(b["x"], gate_proj))
        return keras.ops.mean(keras.ops.square(tf.linalg.matvec(normed, out_proj) - b["y"]))

    return {"variables": [in_proj, gate_proj, weight, out_proj], "batch": batch, "reference": reference, "candidate": candidate}
