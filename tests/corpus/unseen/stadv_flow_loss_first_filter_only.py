"""Spatially transformed adversarial examples: the flow loss sums over the four neighbours of each pixel; the code
convolves with four difference filters and then keeps only the first response by a second [0].
Source: https://github.com/sarathknv/adversarial-examples-pytorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "diff = tf.transpose(diff, (3, 0, 1, 2))[:1]",
    "same_forward_value": False,
}
EPS = 1e-4


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, d = 12, 7, 5, 4
    to_flow = tf.Variable(rng.normal(size=(d, h * w * 2)).astype(f) * 0.4, name="flow_head")
    z = rng.normal(size=(n, d)).astype(f)

    def reference(batch):
        flow = tf.reshape(batch["z"] @ to_flow, (-1, h, w, 2))
        mid = flow[:, 1:-1, 1:-1]
        acc = 0.0
        for dy, dx in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            other = flow[:, 1 + dy:h - 1 + dy, 1 + dx:w - 1 + dx]
            acc = acc + tf.reduce_sum((mid - other) ** 2, axis=-1)
        return tf.reduce_sum(tf.sqrt(acc + EPS))

    def candidate(batch):
        class LossFlow:
            def __init__(self):
                self.filters = np.zeros((3, 3, 1, 4), f)
                for k, (r, c) in enumerate([(0, 0), (0, 2), (2, 0), (2, 2)]):
                    self.filters[1, 1, 0, k] = 1.0
                    self.filters[r, c, 0, k] = -1.0

            def squares(self, channel):
                diff = tf.nn.conv2d(channel[..., None], self.filters, strides=1, padding="VALID")
                diff = tf.transpose(diff, (3, 0, 1, 2))[:1]
                return tf.multiply(diff, diff)

            def forward(self, fl):
                u_sq, v_sq = self.squares(fl[..., 0]), self.squares(fl[..., 1])
                dist = tf.sqrt(tf.reduce_sum(u_sq, axis=0) + tf.reduce_sum(v_sq, axis=0) + EPS)
                return tf.reduce_sum(dist)

        field = tf.reshape(tf.matmul(batch["z"], to_flow), [n, h, w, 2])
        return LossFlow().forward(field)

    return {"reference": reference, "candidate": candidate, "batch": {"z": z}, "variables": [to_flow]}
