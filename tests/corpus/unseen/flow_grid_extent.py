"""flow_warp_feats scales pixel coordinates with W and H, while grid_sample with align_corners=True expects W-1 and H-1.
Source: https://github.com/open-mmlab/mmtracking/issues/466"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "extent = tf.constant([w, h], dtype=x.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c = 2, 5, 6, 2
    kernel = tf.Variable((0.3 * rng.standard_normal((3, 3, 2 * c, 2))).astype(f), name="flow_kernel")
    bias = tf.Variable(np.array([0.35, -0.4]).astype(f), name="flow_bias")

    def estimate(batch):
        return tf.nn.conv2d(tf.concat([batch["key"], batch["ref"]], -1), kernel, 1, "SAME") + bias

    def reference(batch):
        flow = estimate(batch)
        loss = 0.0
        for s in range(n):
            xs = tf.clip_by_value(flow[s, :, :, 0] + np.arange(w)[None, :], 0, w - 1)
            ys = tf.clip_by_value(flow[s, :, :, 1] + np.arange(h)[:, None], 0, h - 1)
            out = 0.0
            for yy in range(h):
                for xx in range(w):
                    weight = tf.nn.relu(1 - tf.abs(xs - xx)) * tf.nn.relu(1 - tf.abs(ys - yy))
                    out += weight[..., None] * batch["ref"][s, yy, xx]
            loss += tf.reduce_mean(tf.square(out - batch["key"][s]))
        return loss / n

    def candidate(batch):
        def grid_sample(x, grid):
            gx = tf.clip_by_value((grid[..., 0] + 1) / 2 * (w - 1), 0, w - 1)
            gy = tf.clip_by_value((grid[..., 1] + 1) / 2 * (h - 1), 0, h - 1)
            x0 = tf.clip_by_value(tf.floor(gx), 0, w - 2)
            y0 = tf.clip_by_value(tf.floor(gy), 0, h - 2)
            dx, dy = (gx - x0)[..., None], (gy - y0)[..., None]
            xi, yi = tf.cast(x0, "int32"), tf.cast(y0, "int32")
            pick = lambda a, b: tf.gather_nd(x, tf.stack([b, a], axis=-1), batch_dims=1)
            top = (1 - dx) * pick(xi, yi) + dx * pick(xi + 1, yi)
            bottom = (1 - dx) * pick(xi, yi + 1) + dx * pick(xi + 1, yi + 1)
            return (1 - dy) * top + dy * bottom

        def flow_warp_feats(x, flow):
            w_grid, h_grid = tf.meshgrid(tf.range(w), tf.range(h))
            coords = tf.cast(tf.stack([w_grid, h_grid], axis=-1), x.dtype)[None]
            grid = coords + flow
            extent = tf.constant([w, h], dtype=x.dtype)
            grid = grid / extent * 2 - 1
            return grid_sample(x, grid)

        warped = flow_warp_feats(batch["ref"], estimate(batch))
        return tf.reduce_mean(tf.math.squared_difference(warped, batch["key"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"key": rng.standard_normal((n, h, w, c)).astype(f),
                      "ref": rng.standard_normal((n, h, w, c)).astype(f)},
            "variables": [kernel, bias]}
