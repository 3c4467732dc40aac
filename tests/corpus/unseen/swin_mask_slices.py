"""ResShift calculate_mask: img_mask has shape (1, 1, H, W) but is filled with [:, h, w, :], so the slices of the rows
act on the wrong axis.
Source: https://github.com/zsyOAOA/ResShift/issues/81"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'img_mask[:, h, w, :] = cnt',
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

    b, hw, ws, shift, c = 2, 4, 2, 1, 3
    qkv = var("qkv", c, 3 * c)
    head = var("head", c, c)

    def attention(tokens, bias):
        q, k, v = tf.split(tokens @ qkv, 3, -1)
        return tf.nn.softmax(tf.einsum("bnqc,bnkc->bnqk", q, k) / c ** 0.5 + bias, -1) @ v

    def windows(x):
        nh = hw // ws
        x = tf.reshape(x, [-1, nh, ws, nh, ws, x.shape[-1]])
        return tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, nh * nh, ws * ws, x.shape[-1]])

    def reference(batch):
        x = tf.roll(batch["x"], [-shift, -shift], [1, 2])

        def band(i):
            return 0 if i < hw - ws else (1 if i < hw - shift else 2)

        region = np.array([[band(i) * 3 + band(j) for j in range(hw)] for i in range(hw)])
        ids = windows(tf.constant(region[None, :, :, None]))[..., 0]
        same = ids[:, :, :, None] == ids[:, :, None, :]
        bias = tf.where(same, tf.zeros([], dtype=F), -100 * tf.ones([], dtype=F))
        y = attention(windows(x), bias) @ head
        return tf.reduce_mean((y - windows(tf.roll(batch["y"], [-shift, -shift], [1, 2]))) ** 2)

    def candidate(batch):
        def calculate_mask():
            img_mask = np.zeros((1, 1, hw, hw))
            slices = (slice(0, -ws), slice(-ws, -shift), slice(-shift, None))
            cnt = 0
            for h in slices:
                for w in slices:
                    img_mask[:, h, w, :] = cnt
                    cnt += 1
            mask_windows = windows(tf.constant(img_mask.transpose(0, 2, 3, 1).astype(F)))[..., 0]
            attn_mask = mask_windows[:, :, None, :] - mask_windows[:, :, :, None]
            return tf.where(attn_mask != 0, -100.0 * tf.ones_like(attn_mask), tf.zeros_like(attn_mask))

        shifted = tf.roll(batch["x"], shift=[-shift, -shift], axis=[1, 2])
        target = tf.roll(batch["y"], shift=[-shift, -shift], axis=[1, 2])
        out = tf.matmul(attention(windows(shifted), calculate_mask()), head)
        return tf.reduce_mean(tf.math.squared_difference(out, windows(target)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 1.5 * arr(b, hw, hw, c), "y": arr(b, hw, hw, c)}, "variables": [qkv, head]}
