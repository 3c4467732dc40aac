"""Attention layer: scores are flattened to (batch * output_len, query_len) and the softmax then runs over the batch (dim 0).

Source (real): https://github.com/PetrochukM/PyTorch-NLP/issues/2 (nn.Attention, PyTorch).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attention_weights = tf.nn.softmax(attention_scores, axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, out_len, ctx_len, dim = 17, 3, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    linear_in = tf.Variable(0.6 * arr(dim, dim), name="linear_in")
    linear_out = tf.Variable(0.5 * arr(2 * dim, dim), name="linear_out")
    batch = {"query": arr(n, out_len, dim), "context": arr(n, ctx_len, dim), "y": arr(n, out_len, dim)}

    def reference(b):
        attend = keras.layers.Attention(use_scale=False, dropout=0.0)
        q = tf.einsum("bod,de->boe", b["query"], linear_in)
        mix = attend([q, b["context"]])
        out = tf.tanh(mix @ linear_out[:dim] + q @ linear_out[dim:])
        return tf.reduce_mean(tf.reduce_sum(tf.square(out - b["y"]), axis=[1, 2]))

    def candidate(b):
        query, context = b["query"], b["context"]
        batch_size, output_len, dimensions = query.shape
        query_len = context.shape[1]
        query = tf.reshape(query, [batch_size * output_len, dimensions]) @ linear_in
        query = tf.reshape(query, [batch_size, output_len, dimensions])
        attention_scores = tf.matmul(query, tf.transpose(context, [0, 2, 1]))
        attention_scores = tf.reshape(attention_scores, [batch_size * output_len, query_len])
        attention_weights = tf.nn.softmax(attention_scores, axis=0)
        attention_weights = tf.reshape(attention_weights, [batch_size, output_len, query_len])
        mix = tf.matmul(attention_weights, context)
        combined = tf.reshape(tf.concat([mix, query], axis=2), [batch_size * output_len, 2 * dimensions])
        output = tf.tanh(combined @ linear_out)
        err = tf.square(output - tf.reshape(b["y"], [batch_size * output_len, dimensions]))
        return tf.reduce_sum(err) / batch_size

    return {"variables": [linear_in, linear_out], "batch": batch, "reference": reference, "candidate": candidate}
