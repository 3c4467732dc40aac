"""The RNN of the torch DeepAR gets its dynamic features shifted by one step against the lagged targets.
Source: https://github.com/awslabs/gluonts/pull/2618"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "time_feat = batch[\"feat\"][:, history - context : -1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, history, context, horizon, n_feat, hidden = 3, 5, 4, 3, 2, 3
    target = rng.normal(size=(n, history + horizon)).astype(fx)
    feat = rng.normal(size=(n, history + horizon, n_feat)).astype(fx)
    wx = tf.Variable((0.7 * rng.normal(size=(1 + n_feat, hidden))).astype(fx), name="wx")
    wh = tf.Variable((0.5 * rng.normal(size=(hidden, hidden))).astype(fx), name="wh")
    wo = tf.Variable((0.7 * rng.normal(size=(hidden, 2))).astype(fx), name="wo")

    def nll(out, y):
        mu, sigma = out[..., 0], tf.math.softplus(out[..., 1]) + 0.1
        return tf.math.log(sigma) + 0.5 * tf.square((y - mu) / sigma)

    def reference(batch):
        state = tf.zeros((n, hidden), dtype=fx)
        losses = []
        for step in range(history - context + 1, history + horizon):
            inp = tf.concat([batch["target"][:, step - 1, None], batch["feat"][:, step]], axis=1)
            state = tf.tanh(inp @ wx + state @ wh)
            losses.append(nll(state @ wo, batch["target"][:, step]))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        lags = batch["target"][:, history - context : -1, None]
        time_feat = batch["feat"][:, history - context : -1]
        rnn_input = tf.concat([lags, time_feat], axis=-1)

        h = tf.zeros((n, hidden), dtype=fx)
        outputs = []
        for x_t in tf.unstack(rnn_input, axis=1):
            h = tf.tanh(x_t @ wx + h @ wh)
            outputs.append(h)
        params = tf.stack(outputs, axis=1) @ wo
        labels = batch["target"][:, history - context + 1 :]
        return tf.reduce_mean(nll(params, labels))

    return {"reference": reference, "candidate": candidate,
            "batch": {"target": target, "feat": feat}, "variables": [wx, wh, wo]}
