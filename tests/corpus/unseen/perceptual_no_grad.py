"""A perceptual term for CycleGAN is computed in a no_grad block: the features of the reconstruction carry no gradient.
Source: https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/issues/822"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "return [tf.stop_gradient(f) for f in feats]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, h = 5, 6, 5
    g_ab = tf.Variable(rng.normal(size=(d, d), scale=0.5).astype(fx), name="G_A")
    g_ba = tf.Variable(rng.normal(size=(d, d), scale=0.5).astype(fx), name="G_B")
    v1 = rng.normal(size=(d, h)).astype(fx)
    v2 = rng.normal(size=(h, h)).astype(fx)
    lam, lam_p = 10.0, 5.0

    def reference(batch):
        total = 0.0
        for x, first, second in ((batch["a"], g_ab, g_ba), (batch["b"], g_ba, g_ab)):
            rec = tf.tanh(tf.matmul(tf.tanh(tf.matmul(x, first)), second))
            total += lam * tf.reduce_mean(tf.abs(rec - x))
            hx, hr = tf.nn.elu(tf.matmul(x, v1)), tf.nn.elu(tf.matmul(rec, v1))
            total += lam_p * tf.reduce_mean(tf.square(hr - hx))
            total += lam_p * tf.reduce_mean(tf.square(tf.nn.elu(tf.matmul(hr, v2)) - tf.nn.elu(tf.matmul(hx, v2))))
        return total

    def candidate(batch):
        def vgg(x):
            feats, out = [], x
            for layer in (v1, v2):
                out = tf.nn.elu(tf.matmul(out, layer))
                feats.append(out)
            return [tf.stop_gradient(f) for f in feats]

        def net_a(x):
            return tf.tanh(tf.matmul(x, g_ab))

        def net_b(x):
            return tf.tanh(tf.matmul(x, g_ba))

        real_a, real_b = batch["a"], batch["b"]
        rec_a, rec_b = net_b(net_a(real_a)), net_a(net_b(real_b))
        loss_cycle = lam * (tf.reduce_mean(tf.abs(rec_a - real_a)) + tf.reduce_mean(tf.abs(rec_b - real_b)))
        loss_perceptual = 0.0
        for f, fr in list(zip(vgg(real_a), vgg(rec_a))) + list(zip(vgg(real_b), vgg(rec_b))):
            loss_perceptual += lam_p * tf.reduce_mean((f - fr) ** 2)
        return loss_cycle + loss_perceptual

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.normal(size=(b, d)).astype(fx), "b": rng.normal(size=(b, d)).astype(fx)},
            "variables": [g_ab, g_ba]}
