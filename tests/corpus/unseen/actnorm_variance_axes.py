"""pytorch-glow's ActNorm reduces over batch and channel when it computes the variances; right is batch and position
(one value for each channel). Everything broadcasts, nothing raises.
Source: https://github.com/pclucas14/pytorch-glow/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "vars = tf.reduce_sum((input_ + b) ** 2, axis=[0, 1], keepdims=True) / num",
    "same_forward_value": False,
}


class ActNorm:
    """data dependent statistics; layout (batch, channel, position)"""

    def __init__(self, scale):
        self.scale = scale

    def statistics(self, input_):
        num = input_.shape[0] * input_.shape[2]
        b = -tf.reduce_sum(input_, axis=[0, 2], keepdims=True) / num
        vars = tf.reduce_sum((input_ + b) ** 2, axis=[0, 1], keepdims=True) / num
        logs = tf.math.log(self.scale / (tf.sqrt(vars) + 1e-6))
        return b, logs

    def forward(self, input_):
        b, logs = self.statistics(input_)
        return (input_ + b) * tf.exp(logs)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    c, t = 3, 5
    w = tf.Variable((np.eye(c) + 0.3 * rng.standard_normal((c, c))).astype(f), name="conv1x1")
    out = tf.Variable(rng.standard_normal(c).astype(f), name="readout")
    act = ActNorm(1.0)

    def reference(batch):
        h = tf.einsum("oc,bct->bto", w, batch["x"])
        flat = tf.reshape(h, (-1, c))
        mu = tf.reduce_mean(flat, axis=0)
        sd = tf.math.reduce_std(flat, axis=0)
        h = (h - mu) / (sd + 1e-6)
        y = tf.linalg.matvec(tf.nn.elu(h), out)
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        z = tf.einsum("oc,bct->bot", w, batch["x"])
        z = act.forward(z)
        pred = tf.einsum("bct,c->bt", tf.nn.elu(z), out)
        return tf.reduce_mean(tf.square(pred - batch["y"]))

    x = rng.standard_normal((12, c, t)) * np.array([0.5, 1.0, 3.0])[None, :, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x.astype(f), "y": rng.standard_normal((12, t)).astype(f)}, "variables": [w, out]}
