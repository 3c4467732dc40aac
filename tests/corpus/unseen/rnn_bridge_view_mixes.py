"""The bridge of the RNN encoder flattens (layers, batch, hidden) with a view before its linear layer, which puts states
of different sentences into one row instead of the layers of one sentence.
Source: https://github.com/OpenNMT/OpenNMT-py/issues/1521"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "result = linear(tf.reshape(states, (-1, total_hidden_dim)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, hidden, layers, out = 14, 5, 3, 2, 4
    total_hidden_dim = layers * hidden
    enc = [tf.Variable((0.6 * rng.standard_normal((dim, hidden))).astype(f), name=f"enc{i}") for i in range(layers)]
    kernel = tf.Variable((0.5 * rng.standard_normal((total_hidden_dim, total_hidden_dim))).astype(f), name="bridge")
    bias = tf.Variable((0.3 * np.ones(total_hidden_dim)).astype(f), name="bridge_bias")
    dec = tf.Variable((0.6 * rng.standard_normal((layers, hidden, out))).astype(f), name="dec")
    batch = {
        "src": rng.standard_normal((n, dim)).astype(f),
        "tgt": rng.integers(0, out, n).astype("int32"),
    }

    def reference(batch):
        per_sentence = tf.concat([tf.tanh(batch["src"] @ e) for e in enc], axis=1)      # (B, layers * hidden)
        bridged = tf.nn.relu(per_sentence @ kernel + bias)
        logits = sum(bridged[:, i * hidden:(i + 1) * hidden] @ dec[i] for i in range(layers))
        picked = tf.reduce_sum(tf.one_hot(batch["tgt"], out, dtype=f) * tf.nn.log_softmax(logits), axis=1)
        return -tf.reduce_mean(picked)

    def candidate(batch):
        class RNNEncoder:
            def forward(self, src):
                encoder_final = tf.stack([tf.tanh(tf.matmul(src, e)) for e in enc])     # (layers, B, hidden)
                return self._bridge(encoder_final)

            def _bridge(self, hidden_state):
                def linear(x):
                    return tf.matmul(x, kernel) + bias

                def bottle_hidden(states):
                    size = tf.shape(states)
                    result = linear(tf.reshape(states, (-1, total_hidden_dim)))
                    return tf.reshape(tf.nn.relu(result), size)

                return bottle_hidden(hidden_state)

        state = RNNEncoder().forward(batch["src"])
        logits = tf.einsum("lbh,lho->bo", state, dec)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tgt"], logits))

    variables = enc + [kernel, bias, dec]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
