"""Pointer network: the attention logits get a new last axis and the softmax, over that axis of size one, makes every score a one.

Source (real): https://github.com/localminimum/R-net/issues/8 (pointer_net in layers.py, TensorFlow, ported to eager).
Right answer: NOT equivalent. The pooled vector is the plain sum of the inputs and the attention weights of that step get a zero gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "scores = tf.nn.softmax(scores)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, attn_size = 15, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_pool, v_pool = tf.Variable(0.6 * arr(d, attn_size), name="pool_w"), tf.Variable(arr(attn_size), name="pool_v")
    w_in, w_state = tf.Variable(0.5 * arr(d, attn_size), name="ptr_w"), tf.Variable(0.5 * arr(d, attn_size), name="ptr_state")
    v_ptr = tf.Variable(arr(attn_size), name="ptr_v")
    batch = {"passage": 0.7 * arr(n, length, d), "start": rng.integers(0, length, n)}

    def reference(b):
        m = b["passage"].shape[0]
        total = 0.0
        for words, start in zip(tf.unstack(b["passage"]), b["start"].numpy()):
            e = [tf.exp(tf.reduce_sum(tf.tanh(u[None] @ w_pool)[0] * v_pool)) for u in tf.unstack(words)]
            norm = tf.add_n(e)
            state = tf.add_n([x / norm * u for x, u in zip(e, tf.unstack(words))])
            act = tf.tanh(words @ w_in + state[None] @ w_state)
            total -= tf.nn.log_softmax(tf.linalg.matvec(act, v_ptr))[start]
        return total / m

    def candidate(b):
        def attention(inputs, units, weights, v, state=None):
            out = inputs @ weights[0]
            if state is not None:
                out += tf.expand_dims(state @ weights[1], 1)
            assert out.shape[-1] == units
            return tf.reduce_sum(tf.tanh(out) * v, axis=-1)

        inputs = b["passage"]
        p1_logits = attention(inputs, attn_size, [w_pool], v_pool)
        scores = tf.expand_dims(p1_logits, -1)
        scores = tf.nn.softmax(scores)
        attention_pool = tf.reduce_sum(scores * inputs, axis=1)
        logits = attention(inputs, attn_size, [w_in, w_state], v_ptr, state=attention_pool)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["start"], logits=logits)
        return tf.reduce_mean(loss)

    variables = [w_pool, v_pool, w_in, w_state, v_ptr]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
