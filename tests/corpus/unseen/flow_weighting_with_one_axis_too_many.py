"""The timestep weighting has five axes whatever the prediction has; against a four-axis loss it makes a (B,B,...) outer product.

Source (real): https://github.com/kohya-ss/musubi-tuner/pull/1042
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'loss = loss * weighting',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, C, S, h = 7, 3, 4, 6
    w_in = tf.Variable(rng.normal(size=(C, h)).astype("float32") * 0.4, name="w_in")
    w_t = tf.Variable(rng.normal(size=(1, h)).astype("float32") * 0.4, name="w_t")
    w_out = tf.Variable(rng.normal(size=(h, C)).astype("float32") * 0.4, name="w_out")
    batch = {
        "latents": rng.normal(size=(n, S, S, C)).astype("float32"),
        "noise": rng.normal(size=(n, S, S, C)).astype("float32"),
        "sigma": rng.uniform(0.1, 0.95, size=n).astype("float32"),
    }

    def dit(x, sigma):
        t = tf.reshape(sigma, (-1, 1)) @ w_t
        return tf.tensordot(tf.nn.silu(tf.tensordot(x, w_in, 1) + t[:, None, None, :]), w_out, 1)

    def reference(b):
        total = 0.0
        for i in range(n):
            s = b["sigma"][i]
            x = (1.0 - s) * b["latents"][i] + s * b["noise"][i]
            v = dit(x[None], s[None])[0]
            w = 2.0 / (np.pi * (1.0 - 2.0 * s + 2.0 * s ** 2))
            total += w * tf.reduce_mean(tf.square(v - (b["noise"][i] - b["latents"][i])))
        return total / n

    def compute_loss_weighting_for_sd3(sigmas, n_dim=5):
        sigmas = tf.reshape(sigmas, (-1,) + (1,) * (n_dim - 1))
        bot = 1.0 - 2.0 * sigmas + 2.0 * tf.square(sigmas)
        return 2.0 / (np.pi * bot)

    def candidate(b):
        sigma = tf.reshape(b["sigma"], (-1, 1, 1, 1))
        noisy_model_input = sigma * b["noise"] + (1.0 - sigma) * b["latents"]
        pred = dit(noisy_model_input, b["sigma"])
        target = b["noise"] - b["latents"]
        weighting = compute_loss_weighting_for_sd3(b["sigma"])
        loss = tf.math.squared_difference(pred, target)
        loss = loss * weighting
        return tf.reduce_mean(loss)

    return {"variables": [w_in, w_t, w_out], "batch": batch, "reference": reference, "candidate": candidate}
