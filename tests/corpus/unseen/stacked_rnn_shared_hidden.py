"""With several layers, the generator feeds the same hidden state to all layers of its RNN.
Source: https://github.com/pclucas14/GansFallingShort/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "state = step_cell(layer, inp, hidden[0])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, s, d, layers, vocab = 3, 4, 4, 2, 6
    embed, out = var("embed", vocab, d), var("out", d, vocab)
    w_x = [var(f"w_x{i}", d, d) for i in range(layers)]
    w_h = [var(f"w_h{i}", d, d) for i in range(layers)]
    bias = [var(f"bias{i}", d, sc=0.2) for i in range(layers)]

    def reference(batch):
        seq = tf.unstack(tf.gather(embed, batch["inp"]), axis=1)
        for i in range(layers):
            h, ys = batch["h0"][i], []
            for x in seq:
                h = tf.tanh(x @ w_x[i] + h @ w_h[i] + bias[i])
                ys.append(h)
            seq = ys
        logits = tf.stack(seq, 1) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"], logits))

    def candidate(batch):
        def step_cell(layer, inp, prev):
            return tf.tanh(inp @ w_x[layer] + prev @ w_h[layer] + bias[layer])

        hidden = tf.unstack(batch["h0"])
        nll = 0.0
        for t in range(s):
            inp = tf.nn.embedding_lookup(embed, batch["inp"][:, t])
            new_hidden = []
            for layer in range(layers):
                state = step_cell(layer, inp, hidden[0])
                new_hidden.append(state)
                inp = state
            hidden = new_hidden
            logp = tf.nn.log_softmax(inp @ out)
            nll -= tf.reduce_mean(tf.gather(logp, batch["target"][:, t], batch_dims=1))
        return nll / s

    return {"reference": reference, "candidate": candidate,
            "batch": {"inp": rng.integers(0, vocab, (b, s)).astype("int32"), "target": rng.integers(0, vocab, (b, s)).astype("int32"),
                      "h0": arr(layers, b, d)},
            "variables": [embed, out] + w_x + w_h + bias}
