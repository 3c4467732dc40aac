"""LSTM wrapper that returns the state of the last (padded) step in place of the one at seq_lens[i].
Source: https://github.com/ray-project/ray/issues/21392"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "h, c = hs[-1], cs[-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, cell, actions = 14, 6, 3, 5, 2
    kernel = tf.Variable(rng.normal(size=(d + cell, 4 * cell)) * 0.5, dtype=f, name="kernel")
    bias = tf.Variable(rng.normal(size=(4 * cell,)) * 0.4, dtype=f, name="bias")
    value = tf.Variable(rng.normal(size=(2 * cell, 1)), dtype=f, name="value")
    lens = rng.integers(1, steps + 1, size=n)
    obs = rng.normal(size=(n, steps, d)) * (np.arange(steps)[None, :, None] < lens[:, None, None])
    batch = {"obs": obs.astype(f), "seq_lens": lens.astype("int32"), "ret": rng.normal(size=(n, 1)).astype(f)}

    def lstm(x, h, c):
        i, j, g, o = tf.split(tf.matmul(tf.concat([x, h], 1), kernel) + bias, 4, axis=1)
        c = tf.sigmoid(g) * c + tf.sigmoid(i) * tf.tanh(j)
        return tf.sigmoid(o) * tf.tanh(c), c

    def reference(batch):
        h = c = tf.zeros((n, cell), f)
        for t in range(steps):
            alive = (t < batch["seq_lens"])[:, None]
            h_new, c_new = lstm(batch["obs"][:, t], h, c)
            h, c = tf.where(alive, h_new, h), tf.where(alive, c_new, c)
        err = tf.matmul(tf.concat([h, c], 1), value) - batch["ret"]
        return tf.reduce_mean(err ** 2)

    def candidate(batch):
        class LSTMWrapper:
            def forward_rnn(self, inputs, state, seq_lens):
                hs, cs = [], []
                h, c = state
                for x in tf.unstack(inputs, axis=1):
                    h, c = lstm(x, h, c)
                    hs.append(h)
                    cs.append(c)
                mask = tf.sequence_mask(seq_lens, steps, dtype=f)
                features = tf.stack(hs, axis=1) * mask[..., None]
                h, c = hs[-1], cs[-1]
                return features, [h, c]

            def get_initial_state(self):
                return [tf.zeros((n, cell), f), tf.zeros((n, cell), f)]

        model = LSTMWrapper()
        _, state_out = model.forward_rnn(batch["obs"], model.get_initial_state(), batch["seq_lens"])
        bootstrap = tf.matmul(tf.concat(state_out, axis=1), value)
        return tf.reduce_mean(tf.math.squared_difference(bootstrap, batch["ret"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias, value]}
