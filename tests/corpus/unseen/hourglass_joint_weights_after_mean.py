"""Wrong: the joint weights multiply the mean over all joints' heatmaps instead of each joint's own loss.

Source (real): https://github.com/wbenbihi/hourglasstensorflow/pull/22
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "bceloss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=maps, logits=stack))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, H, J = 6, 5, 4
    k1 = tf.Variable(rng.normal(0, 0.4, (3, 3, 2, J)).astype("float32"), name="stack1_k")
    k2 = tf.Variable(rng.normal(0, 0.4, (1, 1, J, J)).astype("float32"), name="stack2_k")
    yy, xx = np.mgrid[:H, :H]
    cy, cx = rng.integers(0, H, (2, n, J))
    maps = np.exp(-((yy[None, ..., None] - cy[:, None, None]) ** 2 + (xx[None, ..., None] - cx[:, None, None]) ** 2) / 2)
    batch = {
        "image": rng.normal(size=(n, H, H, 2)).astype("float32"),
        "maps": maps.astype("float32"),
        "weights": np.where(rng.random((n, J)) < 0.6, 1.0, 0.05).astype("float32"),
    }

    def hourglass(image):
        first = tf.nn.conv2d(image, k1, 1, "SAME")
        second = first + tf.nn.conv2d(tf.nn.relu(first), k2, 1, "SAME")
        return [first, second]

    def reference(b):
        total = 0.0
        for logits in hourglass(b["image"]):
            for j in range(J):
                ce = tf.nn.sigmoid_cross_entropy_with_logits(b["maps"][..., j], logits[..., j])
                total += tf.reduce_mean(b["weights"][:, j] * tf.reduce_mean(ce, axis=[1, 2])) / J
        return total

    def weighted_bce_loss(stack, maps, weights):
        bceloss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=maps, logits=stack))
        e1 = tf.expand_dims(weights, axis=1)
        e2 = tf.expand_dims(e1, axis=1)
        return tf.reduce_mean(tf.multiply(bceloss, e2))

    def candidate(b):
        stacks = hourglass(b["image"])
        losses = [weighted_bce_loss(s, b["maps"], b["weights"]) for s in stacks]
        return tf.add_n(losses)

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
