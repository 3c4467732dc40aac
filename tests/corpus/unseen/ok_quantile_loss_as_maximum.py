"""Right: max((q-1) e, q e) is the pinball loss q max(e, 0) + (1-q) max(-e, 0).

Source (real): https://github.com/mattsherar/Temporal_Fusion_Transform/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, horizon = 9, 5, 4, 2
    quantiles = [0.1, 0.5, 0.9]
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    w_in, w_gate, w_out = mk("w_in", d, 6), mk("w_gate", d, 6), mk("w_out", t * 6, horizon * len(quantiles))
    batch = {
        "past": rng.normal(size=(n, t, d)).astype(np.float32),
        "target": rng.normal(size=(n, horizon)).astype(np.float32),
    }

    def model(past):
        glu = (past @ w_in) * tf.sigmoid(past @ w_gate)
        return tf.reshape(tf.reshape(glu, [-1, t * 6]) @ w_out, [-1, horizon, len(quantiles)])

    def reference(b):
        preds = model(b["past"])
        loss = 0.0
        for i, q in enumerate(quantiles):
            prediction_underflow = b["target"] - preds[..., i]
            q_loss = q * tf.maximum(prediction_underflow, 0.0) + (1.0 - q) * tf.maximum(-prediction_underflow, 0.0)
            loss += tf.reduce_sum(q_loss, axis=-1)
        return tf.reduce_mean(loss)

    def candidate(b):
        preds = model(b["past"])
        losses = []
        for i, q in enumerate(quantiles):
            errors = b["target"] - preds[:, :, i]
            losses.append(tf.maximum((q - 1.0) * errors, q * errors)[..., None])
        stacked = tf.concat(losses, axis=-1)
        return tf.reduce_mean(tf.reduce_sum(stacked, axis=[1, 2]))

    return {"variables": [w_in, w_gate, w_out], "batch": batch, "reference": reference, "candidate": candidate}
