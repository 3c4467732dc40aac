"""Right: BYOL as -2 cosine without the constant 2 and without an explicit stop_gradient on the target (its weights are not trained).

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/1058
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    enc = tf.Variable(rng.normal(0, 0.5, (6, 7)).astype("float32"), name="online_encoder")
    proj = tf.Variable(rng.normal(0, 0.5, (7, 4)).astype("float32"), name="online_projector")
    pred = tf.Variable(rng.normal(0, 0.5, (4, 4)).astype("float32"), name="predictor")
    t_enc = tf.Variable(enc.numpy() + rng.normal(0, 0.1, (6, 7)).astype("float32"), trainable=False, name="target_encoder")
    t_proj = tf.Variable(proj.numpy() + rng.normal(0, 0.1, (7, 4)).astype("float32"), trainable=False, name="target_projector")
    n = 12
    base = rng.normal(size=(n, 6))
    batch = {
        "img_1": (base + 0.3 * rng.normal(size=(n, 6))).astype("float32"),
        "img_2": (base + 0.3 * rng.normal(size=(n, 6))).astype("float32"),
    }

    def online_network(x):
        z = tf.nn.elu(x @ enc) @ proj
        return z, tf.tanh(z) @ pred

    def target_network(x):
        return tf.nn.elu(x @ t_enc) @ t_proj

    def reference(b):
        loss = 0.0
        for src, dst in (("img_1", "img_2"), ("img_2", "img_1")):
            q = tf.math.l2_normalize(online_network(b[src])[1], axis=1)
            t = tf.math.l2_normalize(tf.stop_gradient(target_network(b[dst])), axis=1)
            loss += tf.reduce_mean(tf.reduce_sum((q - t) ** 2, axis=1))
        return loss

    def cosine_similarity(x, y):
        return tf.reduce_sum(x * y, axis=1) / (tf.norm(x, axis=1) * tf.norm(y, axis=1))

    def candidate(b):
        z1, h1 = online_network(b["img_1"])
        z2 = target_network(b["img_2"])
        loss_a = -2.0 * tf.reduce_mean(cosine_similarity(h1, z2))
        z1, h1 = online_network(b["img_2"])
        z2 = target_network(b["img_1"])
        loss_b = -2.0 * tf.reduce_mean(cosine_similarity(h1, z2))
        return loss_a + loss_b

    return {"variables": [enc, proj, pred], "batch": batch, "reference": reference, "candidate": candidate}
