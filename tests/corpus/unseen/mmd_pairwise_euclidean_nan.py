"""Remaining-useful-life adaptation: the pairwise Euclidean distances have zeros on the diagonal, where the square root has no derivative.

Source (real): https://github.com/tilman151/rul-adapt/pull/22 (PyTorch, ported; "Gradient of euclidean distance is not defined for a distance of zero",
mended by an epsilon; here the distances feed the kernels of an MMD loss).
Right answer: NOT equivalent. The value is right, the gradient is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.norm(features[:, None] - features[None], axis=-1)",
    "same_forward_value": True,
}

_SIGMAS = (0.5, 1.0, 2.0)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, window, sensors, hid = 14, 5, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    conv = tf.Variable(0.5 * arr(3, sensors, hid), name="extractor_kernel")
    reg = tf.Variable(0.7 * arr(hid), name="regressor_w")
    batch = {
        "source": arr(n, window, sensors),
        "rul": rng.uniform(0.0, 1.0, n).astype(f),
        "target": (0.4 + 0.8 * arr(n, window, sensors)).astype(f),
    }

    def extract(x):
        return tf.reduce_mean(tf.tanh(tf.nn.conv1d(x, conv, 1, "VALID")), axis=1)

    def reference(b):
        def mean_kernel_within(x):
            m = x.shape[0]
            i, j = np.triu_indices(m, k=1)  # each pair once; a point and itself have kernel 1
            d = tf.norm(tf.gather(x, i) - tf.gather(x, j), axis=1)
            return tf.add_n([(2.0 * tf.reduce_sum(tf.exp(-d / s)) + m) / m**2 for s in _SIGMAS])

        def mean_kernel_between(x, y):
            d = tf.norm(tf.repeat(x, y.shape[0], axis=0) - tf.tile(y, [x.shape[0], 1]), axis=1)
            return tf.add_n([tf.reduce_mean(tf.exp(-d / s)) for s in _SIGMAS])

        fs, ft = extract(b["source"]), extract(b["target"])
        mse = tf.reduce_mean(tf.square(tf.linalg.matvec(fs, reg) - b["rul"]))
        return mse + mean_kernel_within(fs) + mean_kernel_within(ft) - 2.0 * mean_kernel_between(fs, ft)

    def candidate(b):
        class MaximumMeanDiscrepancy:
            def pairwise_euclidean(self, features):
                return tf.norm(features[:, None] - features[None], axis=-1)

            def __call__(self, source, target):
                m = source.shape[0]
                distances = self.pairwise_euclidean(tf.concat([source, target], axis=0))
                kernels = tf.reduce_sum(tf.stack([tf.exp(-distances / s) for s in _SIGMAS]), axis=0)
                same = tf.reduce_mean(kernels[:m, :m]) + tf.reduce_mean(kernels[m:, m:])
                return same - 2.0 * tf.reduce_mean(kernels[:m, m:])

        source, target = extract(b["source"]), extract(b["target"])
        rul_loss = tf.reduce_mean((tf.linalg.matvec(source, reg) - b["rul"]) ** 2)
        return rul_loss + MaximumMeanDiscrepancy()(source, target)

    return {"variables": [conv, reg], "batch": batch, "reference": reference, "candidate": candidate}
