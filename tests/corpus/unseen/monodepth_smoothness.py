"""Edge-aware disparity smoothness: the x and y gradients are concatenated into one list of eight, and the loss runs over the
first four only, so the y direction is never smoothed. Source: https://github.com/mrharicot/monodepth/pull/206"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "disp_loss = [tf.reduce_mean(tf.abs(smoothness[i])) / 2 ** i for i in range(4)]",
    "same_forward_value": False,
}


def gradient_x(img):
    return img[:, :, :-1, :] - img[:, :, 1:, :]


def gradient_y(img):
    return img[:, :-1, :, :] - img[:, 1:, :, :]


def get_disparity_smoothness(disp, pyramid):
    disp_gradients_x = [gradient_x(d) for d in disp]
    disp_gradients_y = [gradient_y(d) for d in disp]
    image_gradients_x = [gradient_x(img) for img in pyramid]
    image_gradients_y = [gradient_y(img) for img in pyramid]
    weights_x = [tf.exp(-tf.reduce_mean(tf.abs(g), 3, keepdims=True)) for g in image_gradients_x]
    weights_y = [tf.exp(-tf.reduce_mean(tf.abs(g), 3, keepdims=True)) for g in image_gradients_y]
    smoothness_x = [disp_gradients_x[i] * weights_x[i] for i in range(4)]
    smoothness_y = [disp_gradients_y[i] * weights_y[i] for i in range(4)]
    return smoothness_x + smoothness_y


def build(seed=0):
    rng = np.random.default_rng(seed)
    left = rng.uniform(size=(4, 16, 16, 3)).astype("float32")
    right = np.clip(left + 0.1 * rng.normal(size=left.shape), 0, 1).astype("float32")
    k1 = tf.Variable(rng.normal(scale=0.3, size=(3, 3, 3, 6)).astype("float32"))
    b1 = tf.Variable(np.zeros(6, "float32"))
    heads = [tf.Variable(rng.normal(scale=0.4, size=(1, 1, 6, 1)).astype("float32")) for _ in range(4)]

    def scale_pyramid(img):
        pyramid = [img]
        for _ in range(3):
            pyramid.append(tf.nn.avg_pool2d(pyramid[-1], 2, 2, "VALID"))
        return pyramid

    def predict(img):
        feat = tf.nn.elu(tf.nn.conv2d(img, k1, 1, "SAME") + b1)
        disps = []
        for head in heads:
            disps.append(0.3 * tf.sigmoid(tf.nn.conv2d(feat, head, 1, "SAME")))
            feat = tf.nn.avg_pool2d(feat, 2, 2, "VALID")
        return disps

    def photometric(disps, left_pyr, right_pyr):
        # stand-in for the warped reconstruction: brightness shift by the disparity
        return tf.add_n([tf.reduce_mean(tf.abs(r + d - l)) for d, l, r in zip(disps, left_pyr, right_pyr)])

    def reference(batch):
        left_pyr, right_pyr = scale_pyramid(batch["left"]), scale_pyramid(batch["right"])
        disps = predict(batch["left"])
        smooth = get_disparity_smoothness(disps, left_pyr)
        grads_x, grads_y = smooth[:4], smooth[4:]
        total = 0.0
        for s in range(4):
            total += (tf.reduce_mean(tf.abs(grads_x[s])) + tf.reduce_mean(tf.abs(grads_y[s]))) / 2 ** s
        return photometric(disps, left_pyr, right_pyr) + 0.5 * total

    def candidate(batch):
        left_pyr, right_pyr = scale_pyramid(batch["left"]), scale_pyramid(batch["right"])
        disps = predict(batch["left"])
        smoothness = get_disparity_smoothness(disps, left_pyr)
        disp_loss = [tf.reduce_mean(tf.abs(smoothness[i])) / 2 ** i for i in range(4)]
        disp_gradient_loss = tf.add_n(disp_loss)
        return photometric(disps, left_pyr, right_pyr) + 0.5 * disp_gradient_loss

    return {"reference": reference, "candidate": candidate, "batch": {"left": left, "right": right},
            "variables": [k1, b1] + heads}
