"""MAE forward_loss compares the prediction with the patchified image and not the image itself; asked whether that is wrong. It is not.
Source: https://github.com/facebookresearch/mae/issues/176"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, hw, p, d = 3, 6, 2, 5
    g = hw // p
    enc = var("enc", p * p * 3, d)
    mix = var("mix", g * g, g * g, scale=0.4)
    dec = var("dec", d, p * p * 3)

    def patchify(img):
        x = tf.reshape(img, [b, g, p, g, p, 3])
        return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [b, g * g, p * p * 3])

    def predict(batch):
        tokens = tf.nn.gelu(patchify(batch["img"]) @ enc) * (1 - batch["mask"])[..., None]
        return tf.einsum("lm,bmd->bld", mix, tokens) @ dec

    def reference(batch):
        pred = predict(batch)
        num, cnt = 0.0, 0.0
        for i in range(g):
            for j in range(g):
                cell = batch["img"][:, i * p:(i + 1) * p, j * p:(j + 1) * p]
                est = tf.reshape(pred[:, i * g + j], [b, p, p, 3])
                hidden = batch["mask"][:, i * g + j]
                num += tf.reduce_sum(hidden[:, None, None, None] * (est - cell) ** 2)
                cnt += tf.reduce_sum(hidden)
        return num / (cnt * p * p * 3)

    def candidate(batch):
        target = patchify(batch["img"])
        loss = tf.square(predict(batch) - target)
        loss = tf.reduce_mean(loss, axis=-1)
        mask = batch["mask"]
        return tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)

    mask = (rng.random((b, g * g)) < 0.6).astype(F)
    mask[:, 0], mask[:, 1] = 1, 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(b, hw, hw, 3), "mask": mask}, "variables": [enc, mix, dec]}
