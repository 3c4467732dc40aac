"""Position encoding: `-log(10000) / d_model//2` floors to -1.0 because // is applied to the whole quotient. Source: https://github.com/zju3dv/LoFTR/issues/41"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "div_term = tf.exp(tf.range(0, d_model // 2, 2, dtype=tf.float32) * (-math.log(10000.0) / d_model // 2))",
    "same_forward_value": False,
}


def position_encoding_sine(d_model, h, w):
    y_position = tf.cast(tf.range(1, h + 1)[:, None] * tf.ones((1, w), tf.int32), tf.float32)
    x_position = tf.cast(tf.range(1, w + 1)[None, :] * tf.ones((h, 1), tf.int32), tf.float32)
    div_term = tf.exp(tf.range(0, d_model // 2, 2, dtype=tf.float32) * (-math.log(10000.0) / d_model // 2))
    pe = tf.stack([tf.sin(x_position[..., None] * div_term), tf.cos(x_position[..., None] * div_term),
                   tf.sin(y_position[..., None] * div_term), tf.cos(y_position[..., None] * div_term)], axis=-1)
    return tf.reshape(pe, (h, w, d_model))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, h, w, d_model, temperature = 3, 3, 4, 16, 0.5
    proj = tf.Variable(rng.normal(0, 0.3, (d_model, d_model)).astype("float32"))
    bias = tf.Variable(rng.normal(0, 0.1, d_model).astype("float32"))

    def coarse_matching(feat0, feat1, gt):
        L = h * w
        f0 = tf.reshape(tf.nn.relu(feat0 @ proj + bias), (n, L, d_model)) / d_model ** 0.5
        f1 = tf.reshape(tf.nn.relu(feat1 @ proj + bias), (n, L, d_model)) / d_model ** 0.5
        sim = tf.einsum("nlc,nsc->nls", f0, f1) / temperature
        conf = tf.nn.softmax(sim, 1) * tf.nn.softmax(sim, 2)
        picked = tf.gather(conf, gt, axis=2, batch_dims=2)
        return -0.25 * tf.reduce_mean(tf.pow(1 - picked, 2.0) * tf.math.log(tf.clip_by_value(picked, 1e-6, 1 - 1e-6)))

    def reference(batch):
        pe = np.zeros((h, w, d_model), "float32")
        for y in range(h):
            for x in range(w):
                for i in range(d_model // 4):
                    omega = math.exp(2 * i * -math.log(10000.0) / (d_model // 2))
                    pe[y, x, 4 * i:4 * i + 4] = [math.sin((x + 1) * omega), math.cos((x + 1) * omega),
                                                 math.sin((y + 1) * omega), math.cos((y + 1) * omega)]
        return coarse_matching(batch["feat0"] + pe, batch["feat1"] + pe, batch["gt"])

    def candidate(batch):
        pe = position_encoding_sine(d_model, h, w)
        return coarse_matching(batch["feat0"] + pe, batch["feat1"] + pe, batch["gt"])

    batch = {"feat0": rng.normal(size=(n, h, w, d_model)).astype("float32"),
             "feat1": rng.normal(size=(n, h, w, d_model)).astype("float32"),
             "gt": np.stack([rng.permutation(h * w) for _ in range(n)]).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [proj, bias]}
