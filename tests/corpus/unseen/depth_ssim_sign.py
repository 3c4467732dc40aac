"""Monodepth in TF2: the photometric loss adds the SSIM itself where it should add 1 - SSIM, so the images drift apart.
Source: https://github.com/YunYang1994/TensorFlow2.0-Examples/issues/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'ssim_term = tf.reduce_mean(ssim(synth, right))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, h, w = 3, 6, 8
    kernel = var("kernel", 3, 3, 3, 1, scale=0.3)
    bias = var("bias", 1)

    def ssim(x, y):
        pool = lambda v: tf.nn.avg_pool2d(v, 3, 1, "VALID")
        mx, my = pool(x), pool(y)
        sx = pool(x ** 2) - mx ** 2
        sy = pool(y ** 2) - my ** 2
        sxy = pool(x * y) - mx * my
        c1, c2 = 0.01 ** 2, 0.03 ** 2
        return (2 * mx * my + c1) * (2 * sxy + c2) / ((mx ** 2 + my ** 2 + c1) * (sx + sy + c2))

    def disparity(img):
        return 0.3 + 2.0 * tf.sigmoid(tf.nn.conv2d(img, kernel, 1, "SAME") + bias)

    def warp(img, disp):
        grid = tf.cast(tf.range(w), F)[None, None, :] - disp[..., 0]
        grid = tf.clip_by_value(grid, 0.0, w - 1.001)
        lo = tf.floor(grid)
        frac = (grid - tf.stop_gradient(lo))[..., None]
        i0 = tf.cast(lo, tf.int32)
        left = tf.gather(img, i0, batch_dims=2)
        right = tf.gather(img, i0 + 1, batch_dims=2)
        return (1 - frac) * left + frac * right

    def reference(batch):
        d = disparity(batch["left"])
        est = warp(batch["left"], d)
        photo = 0.85 * tf.reduce_mean((1 - ssim(est, batch["right"])) / 2)
        photo += 0.15 * tf.reduce_mean(tf.abs(est - batch["right"]))
        gx = tf.abs(d[:, :, 1:] - d[:, :, :-1])
        ix = tf.reduce_mean(tf.abs(batch["left"][:, :, 1:] - batch["left"][:, :, :-1]), -1, keepdims=True)
        return photo + 0.1 * tf.reduce_mean(gx * tf.exp(-ix))

    def candidate(batch):
        left, right = batch["left"], batch["right"]
        disp = disparity(left)
        synth = warp(left, disp)
        l1_term = tf.reduce_mean(tf.abs(right - synth))
        ssim_term = tf.reduce_mean(ssim(synth, right))
        image_loss = 0.85 * 0.5 * ssim_term + 0.15 * l1_term
        disp_dx = disp[:, :, :-1, :] - disp[:, :, 1:, :]
        img_dx = tf.reduce_mean(tf.abs(left[:, :, :-1, :] - left[:, :, 1:, :]), axis=3, keepdims=True)
        smooth = tf.reduce_mean(tf.abs(disp_dx) * tf.exp(-img_dx))
        return image_loss + 0.1 * smooth

    left = rng.random((b, h, w, 3)).astype(F)
    right = np.clip(np.roll(left, 1, axis=2) + 0.05 * rng.normal(size=left.shape), 0, 1).astype(F)
    return {"reference": reference, "candidate": candidate, "batch": {"left": left, "right": right},
            "variables": [kernel, bias]}
