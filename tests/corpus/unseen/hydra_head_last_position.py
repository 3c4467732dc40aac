"""PPO for language models, value head: it gets the hidden state at position -1, though the outputs are padded on the right.
Source: https://github.com/CarperAI/trlx/issues/341"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "last_hidden_state = hidden_states[-1][:, -1, :]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 14, 6, 10, 4
    lengths = rng.integers(2, length, n)
    ids = rng.integers(1, vocab, (n, length))
    ids[np.arange(length)[None, :] >= lengths[:, None]] = 0
    ids = ids.astype("int32")
    returns = rng.standard_normal(n).astype(f)
    emb = tf.Variable(rng.standard_normal((vocab, d)), dtype=f, name="emb")
    rec = tf.Variable(rng.standard_normal((d, d)) * 0.5, dtype=f, name="rec")
    head = tf.Variable(rng.standard_normal((d, 1)), dtype=f, name="head")

    def decoder(tokens):
        state, outs = tf.zeros((tokens.shape[0], d), dtype=f), []
        for t in range(length):
            state = tf.tanh(tf.gather(emb, tokens[:, t]) + state @ rec)
            outs.append(state)
        return tf.stack(outs, axis=1)

    def reference(batch):
        states = decoder(batch["ids"])
        last = tf.reduce_sum(tf.cast(batch["ids"] != 0, "int32"), axis=1) - 1
        value = tf.gather(states, last, axis=1, batch_dims=1) @ head
        return 0.5 * tf.reduce_mean((value[:, 0] - batch["returns"]) ** 2)

    def candidate(batch):
        class HydraModel:
            def forward(self, input_ids):
                hidden_states = (tf.gather(emb, input_ids), decoder(input_ids))
                last_hidden_state = hidden_states[-1][:, -1, :]
                return {"value": self.v_head(last_hidden_state)}

            def v_head(self, state):
                return tf.squeeze(tf.matmul(state, head), axis=-1)

        value = HydraModel().forward(batch["ids"])["value"]
        return tf.reduce_mean(tf.square(batch["returns"] - value)) * 0.5

    return {"reference": reference, "candidate": candidate, "batch": {"ids": ids, "returns": returns},
            "variables": [emb, rec, head]}
