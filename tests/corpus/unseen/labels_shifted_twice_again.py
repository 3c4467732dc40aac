"""The data set already moves the labels one token to the left and the loss of the causal model does it once more,
so that the model learns the token after the next one.
Source: https://github.com/InternLM/InternLM/issues/318"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "labels = tf.concat([tokens[:, 1:], ignored], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, vocab, dim = 12, 8, 7, 5
    embed = tf.Variable((0.8 * rng.standard_normal((vocab, dim))).astype(f), name="embed")
    rec = tf.Variable((0.5 * rng.standard_normal((dim, dim))).astype(f), name="rec")
    lm_head = tf.Variable((0.8 * rng.standard_normal((dim, vocab))).astype(f), name="lm_head")
    batch = {
        "tokens": rng.integers(0, vocab, (n, length)).astype("int32"),
        "used": rng.integers(4, length + 1, n).astype("int32"),
    }

    def hidden_states(ids):
        state, states = tf.zeros((n, dim), dtype=f), []
        for t in range(length):
            state = tf.tanh(tf.gather(embed, ids[:, t]) + state @ rec)
            states.append(state)
        return tf.stack(states, axis=1)

    def reference(batch):
        logp = tf.nn.log_softmax(hidden_states(batch["tokens"]) @ lm_head)
        nll, count = 0.0, 0.0
        for t in range(length - 1):
            inside = tf.cast(t + 1 < batch["used"], f)
            nxt = tf.one_hot(batch["tokens"][:, t + 1], vocab, dtype=f)
            nll -= tf.reduce_sum(inside * tf.reduce_sum(nxt * logp[:, t], axis=-1))
            count += tf.reduce_sum(inside)
        return nll / count

    def candidate(batch):
        ignore_index = -100

        def alpaca_example(tokens, used):
            inside = tf.sequence_mask(used, length)
            tokens = tf.where(inside, tokens, ignore_index)
            ignored = ignore_index * tf.ones_like(tokens[:, :1])
            labels = tf.concat([tokens[:, 1:], ignored], axis=1)
            return labels

        class CausalLM:
            def forward(self, input_ids, labels):
                logits = tf.einsum("bld,dv->blv", hidden_states(input_ids), lm_head)
                shift_logits = tf.reshape(logits[:, :-1, :], (-1, vocab))
                shift_labels = tf.reshape(labels[:, 1:], (-1,))
                counted = tf.where(shift_labels != ignore_index)[:, 0]
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    tf.gather(shift_labels, counted), tf.gather(shift_logits, counted))
                return tf.reduce_mean(loss)

        labels = alpaca_example(batch["tokens"], batch["used"])
        return CausalLM().forward(batch["tokens"], labels)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [embed, rec, lm_head]}
