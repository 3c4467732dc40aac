"""Quantile Huber loss: the TD errors are detached inside the weight |tau - 1(td < 0)|; a reader asked whether that is right.

Source (real): https://github.com/toshikwa/fqf-iqn-qrdqn.pytorch/issues/14 (PyTorch, ported).
Right answer: EQUIVALENT; the indicator has no gradient anyway.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, N, N_dash, kappa = 14, 4, 3, 5, 6, 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.6 * arr(d, 8), name="state_embedding")
    tau_w = tf.Variable(0.6 * arr(8), name="tau_embedding")
    head = tf.Variable(0.6 * arr(8, acts), name="quantile_head")
    batch = {"states": arr(n, d), "actions": rng.integers(0, acts, n), "taus": rng.random((n, N)).astype(f),
             "target_sa_quantiles": 1.5 * arr(n, N_dash)}

    def reference(b):
        total = 0.0
        m = b["states"].shape[0]
        for i in range(m):
            for j in range(N):
                tau = b["taus"][i, j]
                feature = tf.tanh(b["states"][i:i + 1] @ emb) * tf.cos(np.pi * tau * tau_w)
                quantile = (feature @ head)[0, int(b["actions"][i])]
                for k in range(N_dash):
                    u = b["target_sa_quantiles"][i, k] - quantile
                    huber = 0.5 * u ** 2 if abs(float(u)) <= kappa else kappa * (tf.abs(u) - 0.5 * kappa)
                    weight = (1.0 - tau) if float(u) < 0 else tau
                    total += weight * huber / kappa / N_dash
        return total / m

    def candidate(b):
        taus = b["taus"]
        features = tf.tanh(b["states"] @ emb)[:, None, :] * tf.cos(np.pi * taus[:, :, None] * tau_w)
        quantiles = tf.einsum("bnh,ha->bna", features, head)
        current_sa_quantiles = tf.gather(quantiles, tf.repeat(b["actions"][:, None], N, axis=1), axis=2, batch_dims=2)
        td_errors = b["target_sa_quantiles"][:, :, None] - current_sa_quantiles[:, None, :]
        td_abs = tf.abs(td_errors)
        element_wise_huber_loss = tf.where(
            td_abs <= kappa, 0.5 * td_errors ** 2, kappa * (td_abs - 0.5 * kappa))
        indicator = tf.cast(tf.stop_gradient(td_errors) < 0, td_errors.dtype)
        element_wise_quantile_huber_loss = tf.abs(taus[:, None, :] - indicator) * element_wise_huber_loss / kappa
        batch_quantile_huber_loss = tf.reduce_mean(tf.reduce_sum(element_wise_quantile_huber_loss, axis=2), axis=1)
        return tf.reduce_mean(batch_quantile_huber_loss)

    return {"variables": [emb, tau_w, head], "batch": batch, "reference": reference, "candidate": candidate}
