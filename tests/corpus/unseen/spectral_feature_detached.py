"""The spectral discriminator's feature starts with x.detach(), so the generator gets no gradient from it.
Source: https://github.com/jdg900/UID-FDK/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "x_rgb = tf.stop_gradient(x)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, latent, h, w = 12, 5, 6, 8
    gen = tf.Variable((0.6 * rng.standard_normal((latent, h * w * 3))).astype(f), name="gen")
    disc = tf.Variable((rng.standard_normal((w // 2 + 1, 1))).astype(f), name="disc")
    disc_bias = tf.Variable(np.zeros(1, dtype=f), name="disc_bias")
    batch = {"noise": rng.standard_normal((n, latent)).astype(f)}
    luma = np.array([0.299, 0.587, 0.114], dtype=f)

    def generator(z):
        return tf.reshape(tf.sigmoid(z @ gen), (-1, h, w, 3))

    def reference(batch):
        gray = tf.tensordot(generator(batch["noise"]), luma, 1)
        angle = 2.0 * np.pi * np.arange(w)[:, None] * np.arange(w // 2 + 1)[None, :] / w
        re = gray @ np.cos(angle).astype(f)
        im = gray @ np.sin(angle).astype(f)
        profile = tf.reduce_mean(tf.math.log(tf.sqrt(re**2 + im**2 + 1e-10) + 1e-10), axis=1)
        low = tf.reduce_min(profile, axis=1, keepdims=True)
        high = tf.reduce_max(profile, axis=1, keepdims=True)
        score = ((profile - low) / (high - low)) @ disc + disc_bias
        return tf.reduce_mean(tf.nn.softplus(-score))

    def candidate(batch):
        def get_fft_feature(x):
            x_rgb = tf.stop_gradient(x)
            x_gray = luma[0] * x_rgb[..., 0] + luma[1] * x_rgb[..., 1] + luma[2] * x_rgb[..., 2]
            fft = tf.signal.rfft(x_gray)
            power = tf.math.real(fft) ** 2 + tf.math.imag(fft) ** 2
            magnitude_spectrum = tf.math.log(tf.sqrt(power + 1e-10) + 1e-10)
            out = tf.reduce_mean(magnitude_spectrum, axis=-2)
            out = out - tf.reduce_min(out, axis=1, keepdims=True)
            return out / tf.reduce_max(out, axis=1, keepdims=True)

        class SpectralDiscriminator:
            def forward(self, image):
                return tf.nn.bias_add(tf.matmul(get_fft_feature(image), disc), disc_bias)

        fake = SpectralDiscriminator().forward(generator(batch["noise"]))
        valid = tf.ones_like(fake)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=valid, logits=fake))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gen, disc, disc_bias]}
