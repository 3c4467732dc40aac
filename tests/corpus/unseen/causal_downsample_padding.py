"""The causal temporal downsampling pads too few frames on the left, so that an output frame sees the next input frame.
Source: https://github.com/lucidrains/magvit2-pytorch/pull/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "time_pad = kernel_size - stride",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, h, c, kernel_size = 2, 8, 2, 3, 3

    def var(name, *shape, sc=0.5):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    w_down, b_down, w_pix = var("w_down", kernel_size, c, c), var("b_down", c), var("w_pix", c, c)

    def reference(batch):
        video = tf.nn.elu(batch["video"] @ w_pix)
        frames = []
        for o in range(t // 2):
            acc = b_down
            for j in range(kernel_size):
                src = 2 * o - (kernel_size - 1) + j
                if src >= 0:
                    acc = acc + video[:, src] @ w_down[j]
            frames.append(acc + tf.zeros_like(video[:, 0]))
        code = tf.tanh(tf.stack(frames, 1))
        return tf.reduce_mean(tf.square(code - batch["code"]))

    def candidate(batch):
        stride = 2
        x = tf.nn.elu(tf.einsum("bthwc,cd->bthwd", batch["video"], w_pix))
        x = tf.transpose(x, (0, 2, 3, 1, 4))
        x = tf.reshape(x, (b * h * h, t, c))
        time_pad = kernel_size - stride
        x = tf.pad(x, [[0, 0], [time_pad, 0], [0, 0]])
        x = tf.nn.conv1d(x, w_down, stride=stride, padding="VALID") + b_down
        x = tf.reshape(x, (b, h, h, -1, c))
        x = tf.tanh(tf.transpose(x, (0, 3, 1, 2, 4)))
        return tf.reduce_mean((x - batch["code"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"video": rng.standard_normal((b, t, h, h, c)).astype(fx), "code": rng.standard_normal((b, t // 2, h, h, c)).astype(fx)},
            "variables": [w_down, b_down, w_pix]}
