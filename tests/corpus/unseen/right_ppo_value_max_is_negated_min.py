"""Right: maximum of the two value losses equals minus the minimum of their negatives.

Source (real): https://github.com/openai/baselines/issues/91
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a, clip = 18, 4, 2, 0.2
    mu = tf.Variable((0.4 * rng.normal(size=(d, a))).astype(np.float32), name="mu")
    ls = tf.Variable(np.full(a, -0.4, np.float32), name="logstd")
    vf = tf.Variable((0.6 * rng.normal(size=(d, 1))).astype(np.float32), name="vf")
    batch = {"ob": rng.normal(size=(n, d)).astype(np.float32), "ac": rng.normal(size=(n, a)).astype(np.float32),
             "oldlogp": (-3 + 0.3 * rng.normal(size=n)).astype(np.float32), "oldv": (0.5 * rng.normal(size=n)).astype(np.float32),
             "ret": rng.normal(size=n).astype(np.float32), "atarg": rng.normal(size=n).astype(np.float32)}

    def logp(b):
        z = (b["ac"] - tf.matmul(b["ob"], mu)) * tf.exp(-ls)
        return tf.reduce_sum(-0.5 * z * z - ls - 0.5 * np.log(2 * np.pi), axis=1)

    def reference(b):
        ratio = tf.exp(logp(b) - b["oldlogp"])
        pol = -tf.reduce_mean(tf.minimum(ratio * b["atarg"], tf.clip_by_value(ratio, 1 - clip, 1 + clip) * b["atarg"]))
        v = tf.matmul(b["ob"], vf)[:, 0]
        v_clipped = b["oldv"] + tf.clip_by_value(v - b["oldv"], -clip, clip)
        vf_loss = 0.5 * tf.reduce_mean(tf.maximum(tf.square(v - b["ret"]), tf.square(v_clipped - b["ret"])))
        return pol + vf_loss

    def candidate(b):
        ratio = tf.exp(logp(b) - b["oldlogp"])
        loss1 = -b["atarg"] * ratio
        loss2 = -b["atarg"] * tf.minimum(tf.maximum(ratio, 1.0 - clip), 1.0 + clip)
        pol = tf.reduce_mean(tf.maximum(loss1, loss2))
        v = tf.squeeze(tf.matmul(b["ob"], vf), -1)
        v_clipped = tf.clip_by_value(v, b["oldv"] - clip, b["oldv"] + clip)
        gain1, gain2 = -tf.square(b["ret"] - v), -tf.square(b["ret"] - v_clipped)
        vf_gain = 0.5 * tf.reduce_mean(tf.minimum(gain1, gain2))
        return pol - vf_gain

    return {"variables": [mu, ls, vf], "batch": batch, "reference": reference, "candidate": candidate}
