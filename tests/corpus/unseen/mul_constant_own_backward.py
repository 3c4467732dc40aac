"""Own autograd operation MulConstant (x * c): the backward returns the incoming gradient as it is, without the factor c.
Source: https://github.com/zergtant/pytorch-handbook/issues/69"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return grad_output, None",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 14, 5, 7
    x = rng.standard_normal((n, d)).astype(f)
    y = rng.standard_normal((n, 1)).astype(f)
    w1 = tf.Variable(rng.standard_normal((d, h)) * 0.5, dtype=f, name="w1")
    w2 = tf.Variable(rng.standard_normal((h, 1)) * 0.5, dtype=f, name="w2")
    constant = 3.5

    def reference(batch):
        hidden = constant * tf.tanh(batch["x"] @ w1)
        return tf.reduce_mean(tf.square(hidden @ w2 - batch["y"]))

    def candidate(batch):
        class MulConstant:
            """forward / backward pair in the style of torch.autograd.Function"""

            @staticmethod
            def forward(ctx, tensor, c):
                ctx["constant"] = c
                return tensor * c

            @staticmethod
            def backward(ctx, grad_output):
                return grad_output, None

            @classmethod
            def apply(cls, tensor, c):
                @tf.custom_gradient
                def op(t):
                    ctx = {}
                    out = cls.forward(ctx, t, c)
                    return out, lambda g: cls.backward(ctx, g)[0]

                return op(tensor)

        scaled = MulConstant.apply(tf.tanh(tf.matmul(batch["x"], w1)), constant)
        err = tf.matmul(scaled, w2) - batch["y"]
        return tf.reduce_mean(err ** 2)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w1, w2]}
