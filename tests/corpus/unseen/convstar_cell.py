"""convSTAR crop classifier: the forward pass of the cell does not follow the paper's equation of the STAR cell.
Source: https://github.com/0zgur0/multi-stage-convSTAR-network/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'return gain * prev_state + (1.0 - gain) * update',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, t_max, hw, c, h, classes = 2, 4, 3, 2, 3, 3
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.5, sh).astype(fx), name=k)
    k_gate, k_update, k_out = mk("gate", (3, 3, c + h, h)), mk("update", (3, 3, c, h)), mk("head", (1, 1, h, classes))

    def conv(x, k):
        return tf.nn.conv2d(x, k, 1, "SAME")

    def reference(batch):
        state = tf.zeros((n, hw, hw, h), dtype=k_gate.dtype)
        for t in range(t_max):
            x = batch["series"][:, t]
            k = tf.sigmoid(conv(x, k_gate[:, :, :c]) + conv(state, k_gate[:, :, c:]))
            z = tf.tanh(conv(x, k_update))
            state = tf.tanh(state + k * (z - state))
        logp = tf.nn.log_softmax(conv(state, k_out))
        return -tf.reduce_mean(tf.reduce_sum(logp * tf.one_hot(batch["crop"], classes, dtype=logp.dtype), -1))

    def candidate(batch):
        def star_cell(input_, prev_state):
            stacked_inputs = tf.concat([input_, prev_state], axis=-1)
            gain = tf.sigmoid(conv(stacked_inputs, k_gate))
            update = tf.tanh(conv(input_, k_update))
            return gain * prev_state + (1.0 - gain) * update

        hidden = tf.zeros((n, hw, hw, h), dtype=k_gate.dtype)
        for frame in tf.unstack(batch["series"], axis=1):
            hidden = star_cell(frame, hidden)
        scores = conv(hidden, k_out)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["crop"], logits=scores)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"series": rng.normal(size=(n, t_max, hw, hw, c)).astype(fx),
                      "crop": rng.integers(0, classes, (n, hw, hw)).astype("int32")},
            "variables": [k_gate, k_update, k_out]}
