"""Soft-DTW of DILATE: the maximum is taken out of the exponentials and added back, which is not in the paper and was suspected to make the
loss negative; it is the log-sum-exp trick and right.
Source: https://github.com/vincent-leguen/DILATE/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable((rng.normal(size=(5, 4)) * 0.6).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(4,)).astype(f), name="b")
    gamma = 0.5

    def reference(batch):
        pred = batch["x"] @ w + b
        D = tf.square(batch["y"][:, :, None] - pred[:, None, :])
        N, M = D.shape[1], D.shape[2]
        R = {(0, 0): tf.zeros(D.shape[0], f)}
        for i in range(1, N + 1):
            for j in range(1, M + 1):
                before = [R[k] for k in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if k in R]
                R[i, j] = D[:, i - 1, j - 1] - gamma * tf.reduce_logsumexp(-tf.stack(before) / gamma, axis=0)
        return tf.reduce_mean(R[N, M])

    def candidate(batch):
        def pairwise_distances(x, y):
            x_norm, y_norm = tf.square(x)[:, :, None], tf.square(y)[:, None, :]
            return x_norm + y_norm - 2.0 * tf.einsum("bi,bj->bij", x, y)

        def compute_softdtw(D):
            B, N, M = D.shape
            big = tf.fill([B], tf.constant(1e8, f))
            R = [[big] * (M + 1) for _ in range(N + 1)]
            R[0][0] = tf.zeros(B, f)
            for j in range(1, M + 1):
                for i in range(1, N + 1):
                    r0 = -R[i - 1][j - 1] / gamma
                    r1 = -R[i - 1][j] / gamma
                    r2 = -R[i][j - 1] / gamma
                    rmax = tf.maximum(tf.maximum(r0, r1), r2)
                    rsum = tf.exp(r0 - rmax) + tf.exp(r1 - rmax) + tf.exp(r2 - rmax)
                    softmin = -gamma * (tf.math.log(rsum) + rmax)
                    R[i][j] = D[:, i - 1, j - 1] + softmin
            return R[N][M]

        outputs = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        return tf.reduce_mean(compute_softdtw(pairwise_distances(batch["y"], outputs)))

    batch = {"x": rng.normal(size=(12, 5)).astype(f), "y": rng.normal(size=(12, 4)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
