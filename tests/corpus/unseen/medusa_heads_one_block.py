"""Medusa heads: each of the heads shall have its own residual block.
The list is made by multiplication, so all heads hold the same block and the other weights are never used.
Source: https://github.com/linkedin/Liger-Kernel/pull/269"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "stacks = [[ResBlock(next(kernels))] * num_layers for _ in range(num_heads)]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, vocab, num_heads, num_layers = 15, 4, 7, 3, 2
    hidden = rng.normal(size=(n, d)).astype(f)
    tokens = rng.integers(0, vocab, size=(n, num_heads)).astype("int32")
    blocks = [tf.Variable((0.6 * rng.normal(size=(d, d))).astype(f), name=f"block{i}")
              for i in range(num_heads * num_layers)]
    lm_head = tf.Variable(rng.normal(size=(d, vocab)).astype(f), name="lm_head")

    def reference(batch):
        total = 0.0
        for k in range(num_heads):
            z = batch["hidden"]
            for j in range(num_layers):
                z = z + tf.nn.silu(z @ blocks[k * num_layers + j])
            logp = tf.nn.log_softmax(z @ lm_head, axis=-1)
            hot = tf.one_hot(batch["tokens"][:, k], vocab, dtype=f)
            total -= tf.reduce_sum(hot * logp) / n
        return total

    def candidate(batch):
        class ResBlock:
            def __init__(self, kernel):
                self.kernel = kernel

            def __call__(self, z):
                return z + keras.ops.silu(tf.matmul(z, self.kernel))

        kernels = iter(blocks)
        stacks = [[ResBlock(next(kernels))] * num_layers for _ in range(num_heads)]
        logits = []
        for stack in stacks:
            z = batch["hidden"]
            for layer in stack:
                z = layer(z)
            logits.append(tf.matmul(z, lm_head))
        logits = tf.stack(logits, axis=1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tokens"], logits=logits)
        return tf.reduce_sum(tf.reduce_mean(ce, axis=0))

    return {"reference": reference, "candidate": candidate, "batch": {"hidden": hidden, "tokens": tokens},
            "variables": blocks + [lm_head]}
