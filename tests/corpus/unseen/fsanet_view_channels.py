"""Head pose: feature maps (batch, channel, h, w) are reshaped to (batch, h*w, channel) without a transposition.

Source (real): https://github.com/ohtlab/headpose-fsanet-pytorch/issues/4 (PyTorch, ported; the maintainer first says that it is no bug).
Right answer: NOT equivalent; the rows no longer are the channels of one pixel.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'U1 = tf.reshape(U1, [-1, uh * uw, ch])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, cin, ch, h, w, caps = 18, 2, 5, 3, 4, 6

    kernel = tf.Variable(0.7 * arr(cin, ch), name="conv1x1")
    att = tf.Variable(0.6 * arr(caps, h * w), name="score_map")
    head = tf.Variable(0.5 * arr(ch, 3), name="head")
    batch = {"img": arr(n, cin, h, w), "pose": arr(n, 3)}

    def backbone(img):
        return tf.nn.relu(tf.einsum("bihw,ic->bchw", img, kernel))

    def reference(b):
        maps = backbone(b["img"])
        scores = tf.nn.softmax(att, axis=-1)
        agg = 0.0
        for y in range(h):
            for x in range(w):
                pixel = maps[:, :, y, x]
                agg += scores[None, :, y * w + x, None] * pixel[:, None, :]
        pose = tf.reduce_mean(agg @ head, axis=1)
        return tf.reduce_mean(tf.square(pose - b["pose"]))

    def candidate(b):
        U1 = backbone(b["img"])
        _, ch, uh, uw = U1.shape
        U1 = tf.reshape(U1, [-1, uh * uw, ch])
        S1 = tf.nn.softmax(att, axis=-1)
        Ubar_1 = tf.matmul(S1[None], U1)
        pose = tf.reduce_mean(Ubar_1 @ head, axis=1)
        return tf.reduce_mean(tf.square(pose - b["pose"]))

    return {"variables": [kernel, att, head], "batch": batch, "reference": reference, "candidate": candidate}
