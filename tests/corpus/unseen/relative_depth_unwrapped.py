"""Relative depth ranking: by a typo only z_A is unwrapped to (K,), z_B stays (1, K), and the difference broadcasts.

Source (real): https://github.com/yifjiang/relative-depth-using-pytorch/issues/7 (PyTorch, ported; the author: a typo, but the extra dimension of size one does no harm).
Right answer: EQUIVALENT; (K,) against (1, K) is (1, K) and everything is summed.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, d, K = 12, 4, 5, 3, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.8 * arr(d, d), name="hourglass_w1")
    w2 = tf.Variable(0.9 * arr(d), name="hourglass_w2")
    batch = {
        "img": arr(n, h, w, d),
        "y_A": rng.integers(0, h, (n, K)),
        "x_A": rng.integers(0, w, (n, K)),
        "y_B": rng.integers(0, h, (n, K)),
        "x_B": rng.integers(0, w, (n, K)),
        "ordinal_relation": rng.integers(-1, 2, (n, K)),
    }

    def net(img):
        return tf.linalg.matvec(tf.nn.softplus(img @ w1), w2)[:, None]     # n x 1 x h x w

    def reference(b):
        depth = net(b["img"])[:, 0]
        a = tf.gather_nd(depth, tf.stack([b["y_A"], b["x_A"]], -1), batch_dims=1)
        c = tf.gather_nd(depth, tf.stack([b["y_B"], b["x_B"]], -1), batch_dims=1)
        r = tf.cast(b["ordinal_relation"], depth.dtype)
        per_pair = tf.where(r == 0, (a - c) ** 2, tf.nn.softplus(-r * (a - c)))
        return tf.reduce_mean(per_pair)

    def candidate(b):
        class relative_depth_crit:
            def loss_func(self, z_A, z_B, ground_truth):
                mask = tf.abs(ground_truth)
                z_A = z_A[0]
                a_B = z_B[0]  # noqa: F841
                diff = z_A - z_B
                log_term = tf.math.log(1 + tf.exp(-ground_truth * diff))
                return tf.reduce_sum(mask * log_term + (1 - mask) * diff * diff)

            def forward(self, input, target):
                loss, n_point_total = 0.0, 0
                for batch_idx in range(input.shape[0]):
                    rows = {k: target[k][batch_idx] for k in ("y_A", "x_A", "y_B", "x_B", "ordinal_relation")}
                    plane = tf.reshape(input[batch_idx], [1, h * w])
                    z_A = tf.gather(plane, rows["y_A"] * w + rows["x_A"], axis=1)
                    z_B = tf.gather(plane, rows["y_B"] * w + rows["x_B"], axis=1)
                    ground_truth = tf.cast(rows["ordinal_relation"], input.dtype)
                    n_point_total += ground_truth.shape[0]
                    loss += self.loss_func(z_A, z_B, ground_truth)
                return loss / n_point_total

        return relative_depth_crit().forward(net(b["img"]), b)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
