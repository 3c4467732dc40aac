"""DoRA layer that swallows lora_alpha: the low-rank update lacks its scale alpha / rank.
Source: https://github.com/AnswerDotAI/fsdp_qlora/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.matmul(self.lora_A, self.lora_B)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d_in, d_out, rank, lora_alpha = 16, 6, 5, 2, 8.0
    frozen = tf.constant(rng.normal(size=(d_in, d_out)) * 0.5, dtype=f)
    lora_a = tf.Variable(rng.normal(size=(d_in, rank)) * 0.4, dtype=f, name="lora_a")
    lora_b = tf.Variable(rng.normal(size=(rank, d_out)) * 0.4, dtype=f, name="lora_b")
    magnitude = tf.Variable(1.0 + rng.uniform(size=(d_out,)), dtype=f, name="magnitude")
    batch = {"x": rng.normal(size=(n, d_in)).astype(f), "y": rng.normal(size=(n, d_out)).astype(f)}

    def reference(batch):
        merged = frozen + (lora_alpha / rank) * tf.einsum("ir,ro->io", lora_a, lora_b)
        direction = merged / tf.stop_gradient(tf.norm(merged, axis=0, keepdims=True))
        out = tf.matmul(batch["x"], direction * magnitude[None, :])
        return tf.reduce_mean((out - batch["y"]) ** 2)

    def candidate(batch):
        class LORA:
            def __init__(self, A, B, *args, **kwargs):
                self.lora_A, self.lora_B = A, B

            def delta(self):
                return tf.matmul(self.lora_A, self.lora_B)

            def forward(self, x):
                return tf.matmul(x, self.delta())

        class DORALayer:
            def __init__(self, base, A, B, m, *args, **kwargs):
                self.base, self.m = base, m
                self.lora = LORA(A, B, *args, **kwargs)

            def __call__(self, x):
                result = tf.matmul(x, self.base)
                column_norm = tf.stop_gradient(
                    tf.sqrt(tf.reduce_sum(tf.square(self.base + self.lora.delta()), axis=0)))
                return (result + self.lora.forward(x)) * (self.m / column_norm)

        layer = DORALayer(frozen, lora_a, lora_b, magnitude, lora_alpha=lora_alpha, lora_rank=rank)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["y"], layer(batch["x"])))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [lora_a, lora_b, magnitude]}
