"""The magnitude-preserving conv normalises its weight over the last axis only, not over everything but the output
channels. Source: https://github.com/lucidrains/denoising-diffusion-pytorch/issues/293"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "norm = tf.sqrt(tf.reduce_sum(tf.square(w), axis=-1, keepdims=True))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, h, cin, cout, eps = 3, 5, 3, 4, 1e-4
    # (out, in, kh, kw) as in the project
    w1 = tf.Variable(rng.normal(size=(cout, cin, 3, 3)).astype(fx), name="conv_in")
    w2 = tf.Variable(rng.normal(size=(cin, cout, 3, 3)).astype(fx), name="conv_out")

    def conv(x, w):
        return tf.nn.conv2d(x, tf.transpose(w, (2, 3, 1, 0)), 1, "SAME")

    def mp_silu(x):
        return tf.nn.silu(x) / 0.596

    def reference(batch):
        def unit(w):
            flat = tf.reshape(w, (w.shape[0], -1))
            length = tf.maximum(tf.norm(flat, axis=1, keepdims=True), eps)
            return tf.reshape(flat / length, w.shape)

        noisy = batch["image"] + batch["sigma"][:, None, None, None] * batch["noise"]
        c_in = 1.0 / tf.sqrt(batch["sigma"] ** 2 + 0.25)
        out = conv(mp_silu(conv(noisy * c_in[:, None, None, None], unit(w1))), unit(w2))
        weight = (batch["sigma"] ** 2 + 0.25) / (batch["sigma"] * 0.5) ** 2
        err = tf.reduce_mean((out - batch["image"]) ** 2, axis=[1, 2, 3])
        return tf.reduce_mean(weight * err)

    def candidate(batch):
        def normalize_weight(w):
            norm = tf.sqrt(tf.reduce_sum(tf.square(w), axis=-1, keepdims=True))
            return w / tf.maximum(norm, eps)

        def block(x):
            x = conv(x, normalize_weight(w1))
            return conv(mp_silu(x), normalize_weight(w2))

        sigma_data = 0.5
        sigma = batch["sigma"][:, None, None, None]
        noised = batch["image"] + sigma * batch["noise"]
        denoised = block(noised * (sigma ** 2 + sigma_data ** 2) ** -0.5)
        losses = tf.reduce_mean(tf.math.squared_difference(denoised, batch["image"]), axis=(1, 2, 3))
        losses = losses * (batch["sigma"] ** 2 + sigma_data ** 2) * (batch["sigma"] * sigma_data) ** -2
        return tf.reduce_mean(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(b, h, h, cin)).astype(fx), "noise": rng.normal(size=(b, h, h, cin)).astype(fx),
                      "sigma": rng.uniform(0.3, 1.5, b).astype(fx)},
            "variables": [w1, w2]}
