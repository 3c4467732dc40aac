"""The adversarial term is turned into a Python float before it is added, so it has a value but no gradient.

Source (real): https://github.com/guopengf/FL-MRCM/issues/10
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'loss_adv_g = float(loss_adv_g)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z_dim, sites = 12, 8, 4, 3
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    enc, dec = mk("enc", d, z_dim), mk("dec", z_dim, d)
    discs = [mk(f"disc{s}", z_dim, 1) for s in range(sites)]
    mask = (rng.random((n, d)) < 0.5).astype(np.float32)
    image = rng.normal(size=(n, d)).astype(np.float32)
    batch = {"under": image * mask, "mask": mask, "image": image}
    lam = 0.3

    def encode(x):
        return tf.nn.elu(x @ enc)

    def data_consistency(pred, b):
        return pred * (1.0 - b["mask"]) + b["under"]

    def fool(logit):
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(logit), logits=logit)

    def reference(b):
        z = encode(b["under"])
        out = data_consistency(z @ dec, b)
        adv = tf.add_n([tf.reduce_mean(fool(z @ disc)) for disc in discs]) / sites
        return tf.reduce_mean(tf.abs(out - b["image"])) + lam * adv

    def candidate(b):
        latent = encode(b["under"])
        recon = data_consistency(tf.matmul(latent, dec), b)
        l1 = tf.reduce_mean(tf.abs(recon - b["image"]))
        losses_adv = []
        for disc in discs:
            logit = tf.matmul(latent, disc)
            losses_adv.append(tf.reduce_mean(fool(logit)))
        loss_adv_g = tf.reduce_mean(tf.stack(losses_adv))
        loss_adv_g = float(loss_adv_g)
        return l1 + lam * loss_adv_g

    return {"variables": [enc, dec] + discs, "batch": batch, "reference": reference, "candidate": candidate}
