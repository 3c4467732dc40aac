"""Self-attention block of SAGAN: attn_g is reshaped to [batch, h, w, c // 2] although g was pooled to h / 2 times w / 2.

Source (real): https://github.com/brain-research/self-attention-gan/issues/8 (TensorFlow 1, ported; the reporter expects
[batch, h // 2, w // 2, ...] and depth_to_space).
Right answer: EQUIVALENT to attention written per pixel: the rows of attn_g are the h * w queries, only the keys were pooled.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c = 12, 4, 6, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    k_theta = tf.Variable(0.7 * arr(c, c // 8), name="theta")
    k_phi = tf.Variable(0.7 * arr(c, c // 8), name="phi")
    k_g = tf.Variable(0.4 * arr(c, c // 2), name="g")
    k_out = tf.Variable(0.4 * arr(c // 2, c), name="attn")
    sigma = tf.Variable(np.asarray(0.6, dtype=f), name="sigma_ratio")
    probe = tf.constant(arr(h, w, c))
    batch = {"x": arr(n, h, w, c)}

    def objective(y):
        return tf.reduce_mean(tf.tanh(tf.einsum("bhwc,hwc->b", y, probe) / 10.0))

    def reference(b):
        def pooled(t):
            blocks = [
                tf.reduce_max(t[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=[1, 2])
                for i in range(h // 2)
                for j in range(w // 2)
            ]
            return tf.stack(blocks, axis=1)

        x = b["x"]
        keys, values = pooled(tf.tensordot(x, k_phi, 1)), pooled(tf.tensordot(x, k_g, 1))
        rows = []
        for i in range(h):
            cols = []
            for j in range(w):
                weight = tf.nn.softmax(tf.linalg.matvec(keys, x[:, i, j] @ k_theta))
                mixed = tf.linalg.matvec(values, weight, transpose_a=True)
                cols.append(x[:, i, j] + sigma * (mixed @ k_out))
            rows.append(tf.stack(cols, axis=1))
        return objective(tf.stack(rows, axis=1))

    def candidate(b):
        def conv1x1(t, kernel):
            return tf.nn.conv2d(t, kernel[None, None], 1, "SAME")

        x = b["x"]
        batch_size, num_channels = x.shape[0], x.shape[3]
        location_num = h * w
        downsampled_num = location_num // 4
        theta = tf.reshape(conv1x1(x, k_theta), [batch_size, location_num, num_channels // 8])
        phi = tf.nn.max_pool2d(conv1x1(x, k_phi), 2, 2, "VALID")
        phi = tf.reshape(phi, [batch_size, downsampled_num, num_channels // 8])
        attn = tf.nn.softmax(tf.matmul(theta, phi, transpose_b=True))
        g = tf.nn.max_pool2d(conv1x1(x, k_g), 2, 2, "VALID")
        g = tf.reshape(g, [batch_size, downsampled_num, num_channels // 2])
        attn_g = tf.matmul(attn, g)
        attn_g = tf.reshape(attn_g, [batch_size, h, w, num_channels // 2])
        return objective(x + sigma * conv1x1(attn_g, k_out))

    return {
        "variables": [k_theta, k_phi, k_g, k_out, sigma],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
