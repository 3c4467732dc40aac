"""Self-Attention GAN: bmm(proj_value, attention.permute(0, 1, 2)) - the permutation does nothing, the attention map has
to be transposed.
Source: https://github.com/heykeetae/Self-Attention-GAN/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "out = tf.matmul(proj_value, tf.transpose(attention, (0, 1, 2)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, c, w, h, k = 14, 5, 3, 2, 4

    def par(name, *shape):
        return tf.Variable((0.7 * rng.standard_normal(shape)).astype(f), name=name)

    wq, wk, wv, gamma = par("wq", k, c), par("wk", k, c), par("wv", c, c), par("gamma", 1)

    def reference(batch):
        x = tf.transpose(tf.reshape(batch["x"], (b, c, w * h)), (0, 2, 1))
        pixels = []
        for i in range(w * h):
            q = tf.linalg.matvec(wq, x[:, i])
            score = tf.stack([tf.reduce_sum(q * tf.linalg.matvec(wk, x[:, j]), -1) for j in range(w * h)], -1)
            mix = tf.einsum("bj,bjc->bc", tf.nn.softmax(score), x)
            pixels.append(gamma * tf.linalg.matvec(wv, mix) + x[:, i])
        d_out = tf.reduce_sum(tf.nn.elu(tf.stack(pixels, 1)) * batch["head"], [1, 2])
        return tf.reduce_mean(tf.nn.softplus(-d_out))

    def candidate(batch):
        class Self_Attn:
            def conv1x1(self, kernel, x):
                return tf.einsum("oc,bcwh->bowh", kernel, x)

            def forward(self, x):
                m_batchsize, C, width, height = x.shape
                n = width * height
                proj_query = tf.transpose(tf.reshape(self.conv1x1(wq, x), (m_batchsize, -1, n)), (0, 2, 1))
                proj_key = tf.reshape(self.conv1x1(wk, x), (m_batchsize, -1, n))
                energy = tf.matmul(proj_query, proj_key)
                attention = tf.nn.softmax(energy, axis=-1)
                proj_value = tf.reshape(self.conv1x1(wv, x), (m_batchsize, -1, n))
                out = tf.matmul(proj_value, tf.transpose(attention, (0, 1, 2)))
                out = tf.reshape(out, (m_batchsize, C, width, height))
                return gamma * out + x, attention

        out, _ = Self_Attn().forward(batch["x"])
        feat = tf.reshape(tf.transpose(tf.nn.elu(out), (0, 2, 3, 1)), (b, -1))
        real = tf.reduce_sum(feat * tf.reshape(batch["head"], (b, -1)), axis=1)
        return -tf.reduce_mean(tf.math.log_sigmoid(real))

    head = np.repeat(rng.standard_normal((1, w * h, c)), b, 0)
    batch = {"x": rng.standard_normal((b, c, w, h)).astype(f), "head": head.astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv, gamma]}
