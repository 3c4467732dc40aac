"""Wrong: the domain-adversarial term is turned into a float before it is added, it trains nothing.

Source (real): https://github.com/guopengf/FL-MRCM/issues/10
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "loss_adv_g = float(adversarial(latent))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    enc = tf.Variable(rng.normal(0, 0.4, (8, 5)).astype("float32"), name="encoder")
    dec = tf.Variable(rng.normal(0, 0.4, (5, 8)).astype("float32"), name="decoder")
    dis = tf.constant(rng.normal(0, 1.0, (5, 1)).astype("float32"))
    n = 12
    full = rng.normal(size=(n, 8))
    batch = {
        "zero_filled": (full * (rng.random((n, 8)) < 0.7)).astype("float32"),
        "full": full.astype("float32"),
    }
    lambda_adv = 0.8

    def encode(x):
        return tf.nn.elu(x @ enc)

    def adversarial(latent):
        logit = latent @ dis
        return tf.reduce_mean(tf.nn.softplus(-logit))

    def reference(b):
        z = encode(b["zero_filled"])
        rec = tf.reduce_mean(tf.abs(z @ dec - b["full"]))
        return rec + lambda_adv * adversarial(z)

    def candidate(b):
        latent = encode(b["zero_filled"])
        output = latent @ dec
        loss_rec = tf.reduce_mean(tf.abs(output - b["full"]))
        loss_adv_g = float(adversarial(latent))
        loss = loss_rec + lambda_adv * loss_adv_g
        return loss

    return {"variables": [enc, dec], "batch": batch, "reference": reference, "candidate": candidate}
