"""The Gram matrices are normalised by h*w*c already, and the style loss is divided by
c*c again, which shifts the balance against the content loss. Source: https://github.com/ghwatson/faststyle/pull/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": "style += tf.reduce_sum(tf.square(g - t)) / float(c * c)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, h, w, c = 2, 6, 6, 4
    k1, k2 = var("k1", 3, 3, 3, c, s=0.5), var("k2", 3, 3, c, c, s=0.5)

    def layers(img):
        a = tf.nn.elu(tf.nn.conv2d(img, k1, 1, "SAME"))
        return [a, tf.nn.elu(tf.nn.conv2d(a, k2, 2, "SAME"))]

    def reference(batch):
        feats = layers(batch["img"])
        loss = 0.2 * tf.reduce_mean(tf.square(feats[1] - batch["content"]))
        for f, name in zip(feats, ("gram0", "gram1")):
            size = f.shape[1] * f.shape[2] * f.shape[3]
            gram = tf.einsum("nhwc,nhwd->ncd", f, f) / float(size)
            loss += tf.reduce_sum(tf.square(gram - batch[name]))
        return loss

    def candidate(batch):
        def get_gram(layer):
            b, hh, ww, cc = layer.shape
            flat = tf.reshape(layer, [b, -1, cc])
            return tf.matmul(flat, flat, transpose_a=True) / float(hh * ww * cc)

        low, high = layers(batch["img"])
        content = tf.reduce_mean((high - batch["content"]) ** 2)
        style = 0.0
        for g, t in ((get_gram(low), batch["gram0"]), (get_gram(high), batch["gram1"])):
            style += tf.reduce_sum(tf.square(g - t)) / float(c * c)
        return 0.2 * content + style

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, h, w, 3), "content": arr(n, 3, 3, c), "gram0": arr(1, c, c), "gram1": arr(1, c, c)},
            "variables": [k1, k2]}
