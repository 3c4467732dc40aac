"""Micro-step losses are summed for the optimizer without dividing by the number of accumulation steps.
Source: https://github.com/karpathy/nanoGPT/issues/206"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "total = total + loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    steps, bs, T, vocab, d = 3, 2, 4, 9, 6
    wte = tf.Variable(rng.standard_normal((vocab, d)) * 0.5, dtype=fx, name="wte")
    head = tf.Variable(rng.standard_normal((d, vocab)) * 0.5, dtype=fx, name="lm_head")

    def forward(idx):
        x = tf.gather(wte, idx)
        denom = tf.cast(tf.range(1, T + 1), x.dtype)[None, :, None]
        return tf.matmul(tf.nn.gelu(tf.cumsum(x, axis=1) / denom), head)

    def reference(batch):
        logits = forward(batch["idx"])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tgt"], logits)
        return tf.reduce_mean(ce)

    def candidate(batch):
        total = tf.zeros([], dtype=wte.dtype)
        for micro_step in range(steps):
            X = batch["idx"][micro_step * bs:(micro_step + 1) * bs]
            Y = batch["tgt"][micro_step * bs:(micro_step + 1) * bs]
            logits = tf.reshape(forward(X), [-1, vocab])
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(Y, [-1]), logits))
            total = total + loss
        return total

    return {"reference": reference, "candidate": candidate,
            "batch": {"idx": rng.integers(0, vocab, (steps * bs, T)).astype("int32"),
                      "tgt": rng.integers(0, vocab, (steps * bs, T)).astype("int32")},
            "variables": [wte, head]}
