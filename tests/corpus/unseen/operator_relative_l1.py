"""The relative L1 norm divides the summed errors by the summed norms instead of averaging the ratio of every sample.
Source: https://github.com/camlab-ethz/ConvolutionalNeuralOperator/pull/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(num) / tf.reduce_sum(den)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, grid, width, modes = 4, 8, 3, 3
    lift = keras.layers.Dense(width, name="lift")
    proj = keras.layers.Dense(1, name="proj")
    lift.build((None, grid, 1))
    proj.build((None, grid, width))
    wr = tf.Variable((0.5 * rng.normal(size=(modes, width, width))).astype(fx), name="spectral")

    def model(a):
        h = lift(a)
        spec = tf.signal.rfft(tf.transpose(h, (0, 2, 1)))[..., :modes]
        mixed = tf.complex(tf.einsum("bck,kcd->bdk", tf.math.real(spec), wr),
                           tf.einsum("bck,kcd->bdk", tf.math.imag(spec), wr))
        mixed = tf.pad(mixed, [[0, 0], [0, 0], [0, grid // 2 + 1 - modes]])
        return proj(tf.nn.gelu(h + tf.transpose(tf.signal.irfft(mixed, [grid]), (0, 2, 1))))

    def reference(batch):
        pred = model(batch["a"])
        ratios = []
        for i in range(b):
            ratios.append(tf.reduce_mean(tf.abs(batch["u"][i] - pred[i])) / tf.reduce_mean(tf.abs(batch["u"][i])))
        return tf.reduce_mean(tf.stack(ratios))

    def candidate(batch):
        def relative_l1(output, target):
            output = tf.reshape(output, (b, -1))
            target = tf.reshape(target, (b, -1))
            num = tf.norm(output - target, ord=1, axis=1)
            den = tf.norm(target, ord=1, axis=1)
            return tf.reduce_sum(num) / tf.reduce_sum(den)

        return relative_l1(model(batch["a"]), batch["u"])

    scale = np.array([0.2, 1.0, 3.0, 8.0])[:, None, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.normal(size=(b, grid, 1)).astype(fx),
                      "u": (scale * rng.normal(size=(b, grid, 1))).astype(fx)},
            "variables": lift.trainable_variables + proj.trainable_variables + [wr]}
