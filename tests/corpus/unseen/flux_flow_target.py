"""Asks why the target is x_0 - x_1; as x_0 is the noise and x_1 the latents at t = 0 this is the velocity, right.
Source: https://github.com/XLabs-AI/x-flux/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hh, ww, ch = 3, 4, 4, 2
    w1 = tf.Variable(rng.normal(size=(4 * ch + 1, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, 4 * ch)).astype(fx), name="w2")

    def dit(tokens, t):
        tt = tf.ones_like(tokens[..., :1]) * t[:, None, None]
        return tf.einsum("nld,de->nle", tf.nn.gelu(tf.einsum("nld,de->nle", tf.concat([tokens, tt], -1), w1)), w2)

    def reference(batch):
        t = batch["t"][:, None, None, None]
        mixed = batch["latents"] + t * (batch["noise"] - batch["latents"])
        velocity = batch["noise"] - batch["latents"]
        cut = lambda im: tf.stack([tf.reshape(im[:, r:r + 2, c:c + 2], (n, -1))
                                   for r in range(0, hh, 2) for c in range(0, ww, 2)], axis=1)
        return tf.reduce_mean((dit(cut(mixed), batch["t"]) - cut(velocity)) ** 2)

    def candidate(batch):
        def pack(img):
            x = tf.reshape(img, (n, hh // 2, 2, ww // 2, 2, ch))
            return tf.reshape(tf.transpose(x, (0, 1, 3, 2, 4, 5)), (n, (hh // 2) * (ww // 2), 4 * ch))

        x_1 = pack(batch["latents"])
        x_0 = pack(batch["noise"])
        t = batch["t"][:, tf.newaxis, tf.newaxis]
        x_t = (1 - t) * x_1 + t * x_0
        model_pred = dit(x_t, batch["t"])
        per_sample = tf.reduce_mean(tf.square(model_pred - (x_0 - x_1)), axis=[1, 2])
        return tf.reduce_mean(per_sample)

    return {"reference": reference, "candidate": candidate,
            "batch": {"latents": rng.normal(size=(n, hh, ww, ch)).astype(fx),
                      "noise": rng.normal(size=(n, hh, ww, ch)).astype(fx), "t": rng.uniform(size=n).astype(fx)},
            "variables": [w1, w2]}
