"""Right: the automask is not multiplied in; the minimum over warped and unwarped errors drops the same pixels.

Source (real): https://github.com/nianticlabs/monodepth2/issues/264
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
    n, W, d = 8, 10, 5
    depth_w = tf.Variable(rng.normal(size=(d, W)).astype("float32") * 0.3, name="depth_w")
    depth_b = tf.Variable(rng.normal(size=(W,)).astype("float32") * 0.2, name="depth_b")
    pose_w = tf.Variable(rng.normal(size=(d, 2)).astype("float32") * 0.5, name="pose_w")
    phase = rng.uniform(0, 6, size=(n, 1)) + np.arange(W) * 0.7
    batch = {
        "feat": rng.normal(size=(n, d)).astype("float32"),
        "target": np.sin(phase).astype("float32"),
        "prev": (np.sin(phase - 0.4) + rng.normal(size=phase.shape) * 0.1).astype("float32"),
        "next": (np.sin(phase + 0.5) + rng.normal(size=phase.shape) * 0.1).astype("float32"),
    }

    def warp(src, shift):
        pos = tf.clip_by_value(tf.range(W, dtype=tf.float32) + shift, 0.0, W - 1.001)
        lo = tf.floor(pos)
        i = tf.cast(lo, tf.int32)
        a, c = tf.gather(src, i, batch_dims=1), tf.gather(src, i + 1, batch_dims=1)
        return a + (pos - lo) * (c - a)

    def disparity(b):
        return tf.sigmoid(b["feat"] @ depth_w + depth_b)

    def photometric(x, y):
        return tf.sqrt(tf.square(x - y) + 1e-6)

    def smooth(disp):
        rel = disp / tf.reduce_mean(disp, 1, keepdims=True)
        return tf.reduce_mean(tf.abs(rel[:, 1:] - rel[:, :-1]))

    def reference(b):
        disp, t = disparity(b), b["target"]
        pose = tf.tanh(b["feat"] @ pose_w)
        warped = [photometric(warp(b[k], 3.0 * disp * pose[:, j : j + 1]), t) for j, k in enumerate(("prev", "next"))]
        static = [photometric(b[k], t) for k in ("prev", "next")]
        best, best_static = tf.minimum(*warped), tf.minimum(*static)
        mu = tf.stop_gradient(tf.cast(best < best_static, tf.float32))
        return tf.reduce_mean(mu * best + (1.0 - mu) * best_static) + 0.1 * smooth(disp)

    def candidate(b):
        disp = disparity(b)
        pose = tf.tanh(b["feat"] @ pose_w)
        reprojection_losses, identity_losses = [], []
        for j, frame in enumerate(("prev", "next")):
            pred = warp(b[frame], 3.0 * disp * pose[:, j : j + 1])
            reprojection_losses.append(photometric(pred, b["target"]))
            identity_losses.append(photometric(b[frame], b["target"]))
        combined = tf.stack(identity_losses + reprojection_losses, axis=1)
        to_optimise = tf.reduce_min(combined, axis=1)
        loss = tf.reduce_mean(to_optimise)
        return loss + 0.1 * smooth(disp)

    return {"variables": [depth_w, depth_b, pose_w], "batch": batch, "reference": reference, "candidate": candidate}
