"""Neural style transfer: the (H, W, C) activations are reshaped straight to (C, H*W) instead of being transposed, which mixes channels and pixels in the Gram matrix. Source: https://github.com/marcopeix/Deep_Learning_AI/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "unrolled = [tf.reshape(a, [n_C, n_H * n_W]) for a in (a_S, a_G)]",
    "same_forward_value": False,
}


def gram_matrix(A):
    return tf.matmul(A, tf.transpose(A))


def build(seed=0):
    rng = np.random.default_rng(seed)
    size = 8
    filters = [tf.constant(rng.normal(scale=0.4, size=s).astype(np.float32)) for s in [(3, 3, 3, 5), (3, 3, 5, 4)]]
    style_weights = [0.6, 0.4]
    generated = tf.Variable(rng.uniform(size=(1, size, size, 3)).astype(np.float32), name="generated_image")

    def vgg(image):
        feats, h = [], image
        for i, f in enumerate(filters):
            h = tf.nn.relu(tf.nn.conv2d(h, f, strides=1 + i, padding="SAME"))
            feats.append(h)
        return feats

    def compute_content_cost(a_C, a_G):
        _, n_H, n_W, n_C = a_G.shape
        return tf.reduce_sum(tf.square(a_C - a_G)) / (4.0 * n_H * n_W * n_C)

    def right_layer_cost(a_S, a_G):
        _, n_H, n_W, n_C = a_G.shape
        GS, GG = (tf.einsum("bijc,bijd->cd", a, a) for a in (a_S, a_G))
        return tf.reduce_sum((GS - GG) ** 2) / (4.0 * n_C ** 2 * (n_H * n_W) ** 2)

    def compute_layer_style_cost(a_S, a_G):
        m, n_H, n_W, n_C = a_G.get_shape().as_list()
        unrolled = [tf.reshape(a, [n_C, n_H * n_W]) for a in (a_S, a_G)]
        GS, GG = gram_matrix(unrolled[0]), gram_matrix(unrolled[1])
        return tf.reduce_sum(tf.square(tf.subtract(GS, GG))) / (4 * n_C ** 2 * (n_H * n_W) ** 2)

    def total(batch, layer_cost):
        content, style, gen = vgg(batch["content"]), vgg(batch["style"]), vgg(generated)
        J_style = tf.add_n([c * layer_cost(s, g) for c, s, g in zip(style_weights, style, gen)])
        tv = tf.reduce_mean(tf.image.total_variation(generated)) / size ** 2
        return 10 * compute_content_cost(content[-1], gen[-1]) + 40 * J_style + 0.01 * tv

    def reference(batch):
        return total(batch, right_layer_cost)

    def candidate(batch):
        return total(batch, compute_layer_style_cost)

    batch = {k: rng.uniform(size=(1, size, size, 3)).astype(np.float32) for k in ("content", "style")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [generated]}
