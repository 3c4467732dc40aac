"""Part capsules: the spatial attention is a softmax over an axis of length one, so it is 1 everywhere and its weights get no gradient.

Source (real): https://github.com/phanideepgampa/stacked-capsule-networks/pull/5 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "attention_soft = tf.nn.softmax(attention, axis=2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, pix, d, feat, caps = 13, 6, 5, 3, 2
    w_feat = tf.Variable(0.6 * arr(caps, d, feat), name="capsule_features")
    w_att = tf.Variable(0.8 * arr(caps, d, 1), name="capsule_attention")
    out = tf.Variable(0.5 * arr(caps * feat), name="pose_head")
    batch = {"x": arr(n, pix, d), "pose": arr(n)}

    def reference(b):
        loss = []
        for i in range(b["x"].shape[0]):
            pooled = []
            for k in range(caps):
                a = tf.exp(b["x"][i] @ w_att[k])[:, 0]
                a = a / tf.reduce_sum(a)
                pooled.append(tf.linalg.matvec(tf.nn.relu(b["x"][i] @ w_feat[k]), a, transpose_a=True))
            loss.append(tf.square(tf.tensordot(tf.concat(pooled, 0), out, 1) - b["pose"][i]))
        return tf.reduce_mean(tf.stack(loss))

    def candidate(b):
        parts = []
        for k in range(caps):
            feature_maps = tf.nn.relu(b["x"] @ w_feat[k])
            attention = b["x"] @ w_att[k]
            attention_soft = tf.nn.softmax(attention, axis=2)
            parts.append(tf.reduce_sum(feature_maps * attention_soft, axis=1))
        pose = tf.linalg.matvec(tf.concat(parts, axis=1), out)
        return tf.reduce_mean(tf.square(pose - b["pose"]))

    return {"variables": [w_feat, w_att, out], "batch": batch, "reference": reference, "candidate": candidate}
