"""Right: relu(1 + outputs) after the outputs on real images were negated is the usual hinge loss.

Source (real): https://github.com/knazeri/edge-connect/issues/60
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hw = 6, 6
    k1 = tf.Variable(rng.normal(0, 0.4, (3, 3, 1, 4)).astype("float32"), name="disc_conv1")
    b1 = tf.Variable(rng.normal(0, 0.2, (4,)).astype("float32"), name="disc_bias1")
    k2 = tf.Variable(rng.normal(0, 0.4, (3, 3, 4, 1)).astype("float32"), name="disc_conv2")
    batch = {
        "real": rng.normal(0, 1, (n, hw, hw, 1)).astype("float32"),
        "fake": rng.normal(0.2, 0.8, (n, hw, hw, 1)).astype("float32"),
    }

    def patch_scores(x):
        h = tf.nn.leaky_relu(tf.nn.conv2d(x, k1, 2, "SAME") + b1, 0.2)
        return tf.nn.conv2d(h, k2, 1, "SAME")

    def hinge(outputs, is_real):
        if is_real:
            outputs = -outputs
        return tf.reduce_mean(tf.nn.relu(1.0 + outputs))

    def reference(b):
        real, fake = patch_scores(b["real"]), patch_scores(b["fake"])
        on_real = -tf.minimum(0.0, -1.0 + real)
        on_fake = -tf.minimum(0.0, -1.0 - fake)
        return 0.5 * tf.reduce_mean(on_real + on_fake)

    def candidate(b):
        dis_real_loss = hinge(patch_scores(b["real"]), True)
        dis_fake_loss = hinge(patch_scores(tf.stop_gradient(b["fake"])), False)
        return (dis_real_loss + dis_fake_loss) / 2.0

    return {"variables": [k1, b1, k2], "batch": batch, "reference": reference, "candidate": candidate}
