"""Generator step of image2reverb: adversarial MSE and L1 term; the discriminator dominates very early in the training.
Source: https://github.com/nikhilsinghmus/image2reverb/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": 'd_fake2 = discriminator(tf.stop_gradient(fake_spec), f)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, c, h, spec = 4, 5, 4, 6
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.6, sh).astype(fx), name=k)
    enc, gen, dis_s, dis_f = mk("enc", (c, h)), mk("gen", (h + 2, spec)), mk("dis_spec", (spec, 1)), mk("dis_feat", (h, 1))
    lambda_l1 = 0.5

    def discriminator(s, f):
        return tf.nn.leaky_relu(s @ dis_s + f @ dis_f, 0.2)

    def reference(batch):
        f = tf.tanh(batch["image"] @ enc)
        fake = tf.tanh(tf.concat([f, batch["noise"]], 1) @ gen)
        judged = discriminator(fake, tf.stop_gradient(f))
        return tf.reduce_mean((judged - 1.0) ** 2) + lambda_l1 * tf.reduce_mean(tf.abs(fake - batch["spec"]))

    def candidate(batch):
        features = tf.tanh(tf.matmul(batch["image"], enc))
        z = tf.concat([features, batch["noise"]], axis=1)
        fake_spec = tf.tanh(tf.matmul(z, gen))
        f = tf.stop_gradient(features)
        d_fake2 = discriminator(tf.stop_gradient(fake_spec), f)
        g_loss1 = keras.losses.MeanSquaredError()(tf.ones_like(d_fake2), d_fake2)
        g_loss2 = keras.losses.MeanAbsoluteError()(batch["spec"], fake_spec)
        return g_loss1 + lambda_l1 * g_loss2

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, c)).astype(fx), "noise": rng.normal(size=(n, 2)).astype(fx),
                      "spec": rng.uniform(-1, 1, (n, spec)).astype(fx)},
            "variables": [enc, gen, dis_s, dis_f]}
