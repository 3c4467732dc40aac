"""The capsule margin loss takes (labels, y_pred), but it is called as loss(output, one_hot_label).
Source: https://github.com/sxhxliang/CapsNet_Mxnet/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'l_margin = margin_loss(output, one_hot_label)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wc = var("capsules", 5, 3, 4)

    def squash(s):
        sq = tf.reduce_sum(s ** 2, -1, keepdims=True)
        return s * tf.sqrt(sq + 1e-9) / (1.0 + sq)

    def reference(batch):
        v = tf.norm(squash(tf.einsum("bd,dkc->bkc", batch["x"], wc)), axis=-1)
        total = 0.0
        for k in range(3):
            t = tf.cast(batch["y"] == k, v.dtype)
            total += tf.reduce_mean(t * tf.nn.relu(0.9 - v[:, k]) ** 2 + 0.5 * (1 - t) * tf.nn.relu(v[:, k] - 0.1) ** 2)
        return total

    def candidate(batch):
        class CapsuleMarginLoss:
            def __init__(self, lambd=0.5, m_plus=0.9, m_minus=0.1):
                self.lambd, self.m_plus, self.m_minus = lambd, m_plus, m_minus

            def __call__(self, labels, y_pred):
                present = labels * tf.square(tf.maximum(self.m_plus - y_pred, 0.0))
                absent = (1.0 - labels) * tf.square(tf.maximum(y_pred - self.m_minus, 0.0))
                return tf.reduce_sum(present + self.lambd * absent, 1)

        def train_step(net, margin_loss, x, y):
            one_hot_label = tf.one_hot(y, 3, dtype=x.dtype)
            output = net(x)
            l_margin = margin_loss(output, one_hot_label)
            return tf.reduce_mean(l_margin)

        def net(x):
            caps = squash(tf.reshape(x @ tf.reshape(wc, (5, 12)), (-1, 3, 4)))
            return tf.sqrt(tf.reduce_sum(tf.square(caps), -1))

        return train_step(net, CapsuleMarginLoss(), batch["x"], batch["y"])

    return {"reference": reference, "candidate": candidate, "variables": [wc],
            "batch": {"x": data(13, 5), "y": rng.integers(0, 3, 13)}}
