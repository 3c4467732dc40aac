"""Position attention of DANet: a commenter takes permute(0, 2, 1) of the attention map for an error; since the values stand
with the pixels in the columns, it is needed, and right.
Source: https://github.com/CASIA-IVA-Lab/DANet/issues/64"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, c, h, w, k = 12, 5, 2, 3, 4
    convs = {}
    for s, width in (("query", k), ("key", k), ("value", c)):
        convs[s] = keras.layers.Conv2D(width, 1, dtype=f, name=s + "_conv")
        convs[s].build((None, h, w, c))
    alpha = tf.Variable(np.asarray([0.7], f), name="alpha")

    def reference(batch):
        x = batch["image"]
        pix = tf.reshape(x, (b, h * w, c))
        q, key, v = [pix @ convs[s].kernel[0, 0] + convs[s].bias for s in ("query", "key", "value")]
        rows = []
        for i in range(h * w):
            score = tf.einsum("bk,bjk->bj", q[:, i], key)
            weight = tf.exp(score - tf.reduce_logsumexp(score, 1, keepdims=True))
            rows.append(pix[:, i] + alpha * tf.einsum("bj,bjc->bc", weight, v))
        return tf.reduce_mean((tf.stack(rows, 1) - tf.reshape(batch["target"], (b, h * w, c))) ** 2)

    def candidate(batch):
        def nchw(t):
            return tf.transpose(t, (0, 3, 1, 2))

        class PAM_Module:
            def forward(self, x):
                m_batchsize, height, width, C = x.shape
                proj_query = tf.transpose(tf.reshape(nchw(convs["query"](x)), (m_batchsize, -1, width * height)), (0, 2, 1))
                proj_key = tf.reshape(nchw(convs["key"](x)), (m_batchsize, -1, width * height))
                energy = tf.matmul(proj_query, proj_key)
                attention = tf.nn.softmax(energy, axis=-1)
                proj_value = tf.reshape(nchw(convs["value"](x)), (m_batchsize, -1, width * height))
                out = tf.matmul(proj_value, tf.transpose(attention, (0, 2, 1)))
                out = tf.reshape(out, (m_batchsize, C, height, width))
                return alpha * out + nchw(x)

        y = PAM_Module().forward(batch["image"])
        return tf.reduce_mean(tf.math.squared_difference(y, nchw(batch["target"])))

    batch = {"image": rng.standard_normal((b, h, w, c)).astype(f), "target": rng.standard_normal((b, h, w, c)).astype(f)}
    variables = [convs["query"].kernel, convs["query"].bias, convs["key"].kernel, convs["value"].kernel,
                 convs["value"].bias, alpha]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
