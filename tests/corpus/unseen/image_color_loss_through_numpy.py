"""Joint demosaicing and denoising: the generated image goes through numpy for the colour space conversion, so the colour loss trains nothing.

Source (real): https://github.com/sharif-apu/BJDD_CVPR21/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'fake_yuv = tf.constant(as_yuv_array(fake))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h, w = 6, 5, 5
    net1 = tf.Variable(rng.normal(0, 0.4, (3, 3, 1, 6)), name="gen/conv1")
    net2 = tf.Variable(rng.normal(0, 0.4, (1, 1, 6, 3)), name="gen/conv2")
    M = np.array([[0.299, 0.587, 0.114], [-0.147, -0.289, 0.436], [0.615, -0.515, -0.1]]).T
    batch = {"bayer": rng.random((n, h, w, 1)), "clean": rng.random((n, h, w, 3))}

    def generate(x):
        y = tf.nn.leaky_relu(tf.nn.conv2d(x, net1, 1, "SAME"), 0.1)
        return tf.sigmoid(tf.nn.conv2d(y, net2, 1, "SAME"))

    def to_yuv(img):
        return tf.einsum("bhwc,cd->bhwd", tf.pow(img, 2.2), tf.constant(M))

    def as_yuv_array(img):
        return np.power(np.asarray(img), 2.2) @ M

    def charbonnier(a, b_):
        return tf.reduce_mean(tf.sqrt((a - b_) ** 2 + 1e-6))

    def reference(b):
        fake = generate(b["bayer"])
        pixel = tf.reduce_mean(tf.abs(fake - b["clean"]))
        color = charbonnier(to_yuv(fake), to_yuv(b["clean"]))
        return pixel + 2.0 * color

    def candidate(b):
        fake = generate(b["bayer"])
        pixel = tf.reduce_mean(tf.abs(fake - b["clean"]))
        fake_yuv = tf.constant(as_yuv_array(fake))
        real_yuv = tf.constant(as_yuv_array(b["clean"]))
        color = charbonnier(fake_yuv, real_yuv)
        return pixel + 2.0 * color

    return {"variables": [net1, net2], "batch": batch, "reference": reference, "candidate": candidate}
