"""image2reverb: in the generator step the fake spectrogram is handed to D detached, so only the L1 part trains G.
Source: https://github.com/nikhilsinghmus/image2reverb/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "d_fake = run_discriminator(tf.stop_gradient(fake_spec), feats)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, e, z, spec = 5, 6, 3, 12
    g1 = keras.layers.Dense(10, activation="relu", name="g1")
    g2 = keras.layers.Dense(spec, activation="tanh", name="g2")
    g1.build((None, e + z))
    g2.build((None, 10))
    d_w = tf.constant(rng.standard_normal((spec + e, 4)).astype(f))
    d_o = tf.constant(rng.standard_normal((4, 1)).astype(f))
    lam = 0.5

    def reference(batch):
        emb = batch["emb"]
        spec_hat = g2(g1(tf.concat([emb, batch["noise"]], axis=1)))
        hid = tf.nn.leaky_relu(tf.concat([spec_hat, emb], axis=1) @ d_w)
        adv = tf.reduce_mean((hid @ d_o - 1.0) ** 2)
        l1 = tf.reduce_mean(tf.abs(spec_hat - batch["spec"]))
        return adv + lam * l1

    def candidate(batch):
        def run_generator(feats, noise):
            h = tf.concat([feats, noise], axis=1)
            return g2(g1(h))

        def run_discriminator(spectrogram, feats):
            h = tf.matmul(tf.concat([spectrogram, feats], axis=1), d_w)
            return tf.matmul(tf.nn.leaky_relu(h), d_o)

        feats, real_spec = batch["emb"], batch["spec"]
        fake_spec = run_generator(feats, batch["noise"])
        d_fake = run_discriminator(tf.stop_gradient(fake_spec), feats)
        g_loss1 = tf.reduce_mean(tf.square(d_fake - tf.ones_like(d_fake)))
        g_loss2 = tf.reduce_mean(tf.abs(real_spec - fake_spec)) * lam
        return g_loss1 + g_loss2

    return {"reference": reference, "candidate": candidate,
            "batch": {"emb": rng.standard_normal((n, e)).astype(f),
                      "noise": rng.standard_normal((n, z)).astype(f),
                      "spec": rng.uniform(-1, 1, (n, spec)).astype(f)},
            "variables": g1.trainable_variables + g2.trainable_variables}
