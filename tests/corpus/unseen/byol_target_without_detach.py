"""BYOL: "shouldn't there be a .detach() with z2 in the loss?"; the target network is made of frozen weights, nothing flows there.

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/801 (PyTorch, byol_module.py, ported; there under torch.no_grad()).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, y_dim, z_dim, h_dim = 20, 6, 7, 4, 5

    def arr(*s):
        return (0.6 * rng.standard_normal(s)).astype(f)

    enc, proj = tf.Variable(arr(d, y_dim), name="encoder"), tf.Variable(arr(y_dim, z_dim), name="projector")
    pred1, pred2 = tf.Variable(arr(z_dim, h_dim), name="predictor1"), tf.Variable(arr(h_dim, z_dim), name="predictor2")
    target_enc, target_proj = tf.constant(arr(d, y_dim)), tf.constant(arr(y_dim, z_dim))
    image = rng.standard_normal((n, d)).astype(f)
    batch = {"img_1": image + 0.4 * arr(n, d), "img_2": image + 0.4 * arr(n, d)}

    def online_network(x):
        y = tf.tanh(x @ enc)
        z = y @ proj
        return y, z, tf.tanh(z @ pred1) @ pred2

    def target_network(x):
        y = tf.tanh(x @ target_enc)
        z = y @ target_proj
        return y, z, None

    def reference(b):
        # paper: the squared error of the normalised vectors is 2 - 2 cos
        total = 0.0
        for a, c in ((b["img_1"], b["img_2"]), (b["img_2"], b["img_1"])):
            q = online_network(a)[2]
            z = tf.stop_gradient(target_network(c)[1])
            q_bar = q / tf.norm(q, axis=1, keepdims=True)
            z_bar = z / tf.norm(z, axis=1, keepdims=True)
            total += tf.reduce_mean(tf.reduce_sum((q_bar - z_bar) ** 2, axis=1)) - 2.0
        return total

    def candidate(b):
        img_1, img_2 = b["img_1"], b["img_2"]
        # Image 1 to image 2 loss
        y1, z1, h1 = online_network(img_1)
        y2, z2, h2 = target_network(img_2)
        loss_a = 2 * tf.reduce_mean(keras.losses.cosine_similarity(z2, h1))
        # Image 2 to image 1 loss
        y1, z1, h1 = online_network(img_2)
        y2, z2, h2 = target_network(img_1)
        loss_b = 2 * tf.reduce_mean(keras.losses.cosine_similarity(z2, h1))
        return loss_a + loss_b

    return {"variables": [enc, proj, pred1, pred2], "batch": batch, "reference": reference, "candidate": candidate}
