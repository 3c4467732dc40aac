"""Recurrent PPO: the stored LSTM states (n_seq, n_layers, dim) are reshaped, not transposed, to (n_layers, n_seq, dim).

Source (real): https://github.com/Stable-Baselines-Team/stable-baselines3-contrib/issues/111 (PyTorch, ported; fixed with swapaxes).
Right answer: NOT equivalent; sequences start with the states of other sequences and layers.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.reshape(stored, [n_layers, n_seq, -1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, dim, n_layers = 14, 3, 5, 4, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernels = [
        tf.Variable(0.5 * arr((d if layer == 0 else dim) + dim, 4 * dim), name=f"lstm_{layer}")
        for layer in range(n_layers)
    ]
    value_w = tf.Variable(0.8 * arr(dim), name="value_w")
    batch = {
        "obs": arr(n, steps, d),
        "hidden_states_vf": np.tanh(arr(n, n_layers, dim)),
        "cell_states_vf": arr(n, n_layers, dim),
        "ret": arr(n, steps),
    }

    def lstm_cell(layer, x, h, c):
        i, g, o, u = tf.split(tf.concat([x, h], axis=-1) @ kernels[layer], 4, axis=-1)
        c = tf.sigmoid(g) * c + tf.sigmoid(i) * tf.tanh(u)
        return tf.sigmoid(o) * tf.tanh(c), c

    def reference(b):
        losses = []
        for s in range(b["ret"].shape[0]):
            inputs = [b["obs"][s, t][None] for t in range(steps)]
            for layer in range(n_layers):
                h, c = b["hidden_states_vf"][s, layer][None], b["cell_states_vf"][s, layer][None]
                outputs = []
                for x in inputs:
                    h, c = lstm_cell(layer, x, h, c)
                    outputs.append(h)
                inputs = outputs
            value = tf.stack([tf.reduce_sum(h[0] * value_w) for h in inputs])
            losses.append(tf.reduce_mean(tf.square(value - b["ret"][s])))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        n_seq = b["obs"].shape[0]

        def to_lstm_state(stored):
            return tf.reshape(stored, [n_layers, n_seq, -1])

        lstm_states_vf = (to_lstm_state(b["hidden_states_vf"]), to_lstm_state(b["cell_states_vf"]))
        hidden, cell = list(lstm_states_vf[0]), list(lstm_states_vf[1])
        values = []
        for t in range(steps):
            x = b["obs"][:, t]
            for layer in range(n_layers):
                hidden[layer], cell[layer] = lstm_cell(layer, x, hidden[layer], cell[layer])
                x = hidden[layer]
            values.append(tf.linalg.matvec(x, value_w))
        return tf.reduce_mean(tf.square(tf.stack(values, axis=1) - b["ret"]))

    return {"variables": [*kernels, value_w], "batch": batch, "reference": reference, "candidate": candidate}
