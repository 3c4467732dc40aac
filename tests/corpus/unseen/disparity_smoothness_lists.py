"""get_disparity_smoothness adds two Python lists, which concatenates them; the loop over four scales then only ever
sees the x gradients. Source: https://github.com/mrharicot/monodepth/issues/46"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return [tf.abs(s) for s in smoothness_x + smoothness_y]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, size, scales = 3, 16, 4
    f = keras.config.floatx()
    heads = [tf.Variable(rng.standard_normal((3, 3, 3, 1)).astype(f), name=f"head{i}") for i in range(scales)]

    def pyramid(img):
        out = [img]
        for _ in range(scales - 1):
            out.append(tf.nn.avg_pool2d(out[-1], 2, 2, "VALID"))
        return out

    def disparities(pyr):
        return [0.3 * tf.sigmoid(tf.nn.conv2d(p, k, 1, "SAME")) for p, k in zip(pyr, heads)]

    def reference(batch):
        pyr = pyramid(batch["image"])
        total = 0.0
        for i, (d, im) in enumerate(zip(disparities(pyr), pyr)):
            dx, dy = d[:, :, :-1] - d[:, :, 1:], d[:, :-1] - d[:, 1:]
            ix = tf.reduce_mean(tf.abs(im[:, :, :-1] - im[:, :, 1:]), -1, keepdims=True)
            iy = tf.reduce_mean(tf.abs(im[:, :-1] - im[:, 1:]), -1, keepdims=True)
            smooth = tf.reduce_mean(tf.abs(dx) * tf.exp(-ix)) + tf.reduce_mean(tf.abs(dy) * tf.exp(-iy))
            total += smooth / 2 ** i
        return total

    def candidate(batch):
        def gradient_x(img):
            return img[:, :, :-1, :] - img[:, :, 1:, :]

        def gradient_y(img):
            return img[:, :-1, :, :] - img[:, 1:, :, :]

        def get_disparity_smoothness(disp, pyr):
            dx = [gradient_x(d) for d in disp]
            dy = [gradient_y(d) for d in disp]
            weights_x = [tf.exp(-tf.reduce_mean(tf.abs(gradient_x(p)), 3, keepdims=True)) for p in pyr]
            weights_y = [tf.exp(-tf.reduce_mean(tf.abs(gradient_y(p)), 3, keepdims=True)) for p in pyr]
            smoothness_x = [dx[i] * weights_x[i] for i in range(scales)]
            smoothness_y = [dy[i] * weights_y[i] for i in range(scales)]
            return [tf.abs(s) for s in smoothness_x + smoothness_y]

        pyr = pyramid(batch["image"])
        disp_smoothness = get_disparity_smoothness(disparities(pyr), pyr)
        disp_loss = [tf.reduce_mean(disp_smoothness[i]) / 2 ** i for i in range(scales)]
        return tf.add_n(disp_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.uniform(0, 1, (n, size, size, 3)).astype(f)},
            "variables": heads}
