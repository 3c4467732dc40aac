"""VAE: the KL term is averaged over the latent dimensions, the reconstruction is summed over the pixels.

Origin (realistic): the usual beta-VAE confusion ("posterior does not match the prior, KL looks tiny").
Right answer: NOT equivalent; the KL is a factor latent_dim too weak.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'kl = -0.5 * tf.reduce_mean(1.0 + logvar - tf.square(mu) - tf.exp(logvar), axis=-1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, z = 20, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = keras.layers.Dense(2 * z, name="encoder", dtype=f)
    dec = keras.layers.Dense(d, name="decoder", dtype=f)
    enc.build((None, d))
    dec.build((None, z))
    for layer in (enc, dec):
        layer.set_weights([0.5 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": rng.random((n, d)).astype(f), "eps": arr(n, z)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            h = enc(b["x"][i : i + 1])[0]
            mu, lv = h[:z], h[z:]
            out = dec((mu + tf.exp(0.5 * lv) * b["eps"][i])[None])[0]
            total += tf.reduce_sum(tf.nn.softplus(out) - b["x"][i] * out)
            for k in range(z):
                total += 0.5 * (tf.square(mu[k]) + tf.exp(lv[k]) - 1.0 - lv[k])
        return total / m

    def candidate(b):
        mu, logvar = tf.split(enc(b["x"]), 2, axis=-1)
        latent = mu + tf.exp(0.5 * logvar) * b["eps"]
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=dec(latent))
        recon = tf.reduce_sum(bce, axis=-1)
        kl = -0.5 * tf.reduce_mean(1.0 + logvar - tf.square(mu) - tf.exp(logvar), axis=-1)
        return tf.reduce_mean(recon + kl)

    return {"variables": enc.trainable_variables + dec.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
