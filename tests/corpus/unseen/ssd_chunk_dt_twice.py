"""Mamba-2 chunked scan: dt is already in the cumulated decay and is multiplied in once more.

Source (real): https://github.com/state-spaces/mamba/issues/551 (PyTorch chunk_state_ref / chunk_scan_ref, ported).
Right answer: EQUIVALENT to the recurrence. The second dt belongs to the discretized B (B_bar = dt * B), not to A.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seqlen, chunk_size, p, s = 12, 6, 3, 4, 5

    def arr(*shape):
        return rng.standard_normal(shape).astype(f)

    w_dt = tf.Variable(0.5 * arr(p), name="dt_proj")
    a_log = tf.Variable(np.asarray(0.2, f) + 0.2 * arr(), name="A_log")
    w_b = tf.Variable(0.6 * arr(p, s), name="B_proj")
    w_c = tf.Variable(0.6 * arr(p, s), name="C_proj")
    batch = {"x": arr(n, seqlen, p), "target": arr(n, seqlen, p)}

    def project(x):
        dt = tf.nn.softplus(tf.linalg.matvec(x, w_dt))
        return dt, x @ w_b, x @ w_c

    def reference(b):
        dt, B, C = project(b["x"])
        state = tf.zeros([b["x"].shape[0], p, s], b["x"].dtype)
        loss = 0.0
        for t in range(seqlen):
            step = dt[:, t, None, None]
            state = tf.exp(-step * tf.exp(a_log)) * state + step * b["x"][:, t, :, None] * B[:, t, None]
            y = tf.linalg.matvec(state, C[:, t])
            loss += tf.reduce_mean((y - b["target"][:, t]) ** 2)
        return loss / seqlen

    def candidate(b):
        nchunks = seqlen // chunk_size

        def chunked(t):
            return tf.reshape(t, [t.shape[0], nchunks, chunk_size, *t.shape[2:]])

        x = chunked(b["x"])
        dt, B, C = (chunked(t) for t in project(b["x"]))
        dA_cumsum = tf.cumsum(-dt * tf.exp(a_log), axis=-1)
        decay_states = tf.exp(dA_cumsum[..., -1:] - dA_cumsum)
        chunk_states = tf.einsum("bcls,bcl,bcl,bclp->bcps", B, decay_states, dt, x)
        previous, running = [], tf.zeros_like(chunk_states[:, 0])
        for c in range(nchunks):
            previous.append(running)
            running = tf.exp(dA_cumsum[:, c, -1])[:, None, None] * running + chunk_states[:, c]
        prev_states = tf.stack(previous, axis=1)
        segsum = dA_cumsum[..., :, None] - dA_cumsum[..., None, :]
        causal = tf.linalg.band_part(tf.ones_like(segsum), -1, 0)
        decay = tf.exp(segsum * causal) * causal
        CB = tf.einsum("bcls,bcms->bclm", C, B)
        out = tf.einsum("bclm,bclm,bcm,bcmp->bclp", CB, decay, dt, x)
        out += tf.einsum("bcls,bcps->bclp", C, prev_states) * tf.exp(dA_cumsum)[..., None]
        return tf.reduce_mean(tf.square(tf.reshape(out, b["target"].shape) - b["target"]))

    return {"variables": [w_dt, a_log, w_b, w_c], "batch": batch, "reference": reference, "candidate": candidate}
