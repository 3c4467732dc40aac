"""The pinball loss of the implicit quantile network swaps forecast and observation, so it fits the quantile 1 - tau.

Source (real): https://github.com/awslabs/gluonts/pull/1784
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss = (b["tau"] - tf.cast(out < b["target"], tf.float32)) * (out - b["target"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, H, E = 10, 6, 3, 4
    w_in, w_tau, w_out = var("w_in", T, 5), var("w_tau", E, 5), var("w_out", 5, H)
    batch = {
        "past": arr(n, T),
        "target": arr(n, H),
        "tau": rng.choice(np.array([0.1, 0.2, 0.8, 0.9], "float32"), size=(n, 1)),
        "scale": rng.uniform(0.5, 2.0, size=(n, 1)).astype("float32"),
    }

    def forecast(b):
        cosines = tf.cos(np.pi * b["tau"] * tf.range(1.0, E + 1.0)[None, :])
        h = tf.tanh((b["past"] / b["scale"]) @ w_in) * (1.0 + tf.nn.relu(cosines @ w_tau))
        return (h @ w_out) * b["scale"]

    def reference(b):
        out = forecast(b)
        loss = 0.0
        for h in range(H):
            err = b["target"][:, h] - out[:, h]
            tau = b["tau"][:, 0]
            loss += tf.reduce_mean(tf.maximum(tau * err, (tau - 1.0) * err))
        return loss / H

    def candidate(b):
        out = forecast(b)
        loss = (b["tau"] - tf.cast(out < b["target"], tf.float32)) * (out - b["target"])
        return tf.reduce_mean(loss)

    return {"variables": [w_in, w_tau, w_out], "batch": batch, "reference": reference, "candidate": candidate}
