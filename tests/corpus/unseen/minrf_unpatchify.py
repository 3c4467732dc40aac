"""minRF: unpatchify reads each token as (p, p, c) although patchify laid it out as (c, p, p), so pixels
land in other channels/places. Source: https://github.com/cloneofsimo/minRF/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x = tf.transpose(tf.reshape(x, (B, h, h, p, p, C)), (0, 1, 3, 2, 4, 5))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, C, p = 3, 6, 3, 2
    h = S // p
    D = C * p * p
    scale = tf.Variable(rng.normal(1, 0.4, (D,)).astype(fx), name="scale")
    mlp = tf.Variable(rng.normal(0, 0.2, (D, D)).astype(fx), name="mlp")

    def patchify(img):
        x = tf.reshape(img, (B, h, p, h, p, C))
        return tf.reshape(tf.transpose(x, (0, 1, 3, 5, 2, 4)), (B, h * h, D))

    def reference(batch):
        t = batch["t"][:, None, None, None]
        zt = (1.0 - t) * batch["image"] + t * batch["noise"]
        tok = patchify(zt)
        v_tok = tok * scale + tf.nn.gelu(tf.matmul(tok, mlp))
        target = patchify(batch["noise"] - batch["image"])
        return tf.reduce_mean(tf.square(v_tok - target))

    def candidate(batch):
        t = tf.reshape(batch["t"], (B, 1, 1, 1))
        zt = (1.0 - t) * batch["image"] + t * batch["noise"]
        x = patchify(zt)
        x = x * scale + tf.nn.gelu(tf.matmul(x, mlp))
        x = tf.transpose(tf.reshape(x, (B, h, h, p, p, C)), (0, 1, 3, 2, 4, 5))
        vtheta = tf.reshape(x, (B, S, S, C))
        batchwise = tf.reduce_mean((batch["noise"] - batch["image"] - vtheta) ** 2, axis=[1, 2, 3])
        return tf.reduce_mean(batchwise)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(B, S, S, C)).astype(fx),
                      "noise": rng.normal(size=(B, S, S, C)).astype(fx), "t": rng.random(B).astype(fx)},
            "variables": [scale, mlp]}
