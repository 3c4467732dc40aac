"""Set Transformer's MAB divides the scores by sqrt(dim_V), although every head has only dim_V / num_heads dimensions.
Source: https://github.com/juho-lee/set_transformer/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "A = tf.nn.softmax(tf.matmul(Q_, K_, transpose_b=True) / math.sqrt(self.dim_V), axis=2)",
    "same_forward_value": False,
}


def build(seed=0):
    import math
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, nq, nk, dq, dim_V, num_heads = 12, 3, 5, 4, 8, 4
    layers = {s: keras.layers.Dense(dim_V, dtype=f, name=s) for s in ("fc_q", "fc_k", "fc_v", "fc_o")}
    for s, layer in layers.items():
        layer.build((None, dim_V if s == "fc_o" else dq))
        layer.kernel.assign((0.8 * rng.standard_normal(layer.kernel.shape)).astype(f))

    def reference(batch):
        head = dim_V // num_heads
        shape = (-1, num_heads, head)
        q, k, v = layers["fc_q"](batch["q"]), layers["fc_k"](batch["k"]), layers["fc_v"](batch["k"])
        qh, kh, vh = [tf.reshape(z, (b,) + (z.shape[1],) + shape[1:]) for z in (q, k, v)]
        p = tf.nn.softmax(tf.einsum("bihd,bjhd->bhij", qh, kh) * head ** -0.5)
        o = q + tf.reshape(tf.einsum("bhij,bjhd->bihd", p, vh), (b, nq, dim_V))
        o = o + tf.nn.elu(layers["fc_o"](o))
        return tf.reduce_mean((tf.reduce_sum(o, 1) - batch["y"]) ** 2)

    def candidate(batch):
        class MAB:
            def __init__(self, dim_V, num_heads):
                self.dim_V, self.num_heads = dim_V, num_heads

            def forward(self, Q, K):
                Q = layers["fc_q"](Q)
                K, V = layers["fc_k"](K), layers["fc_v"](K)
                Q_ = tf.concat(tf.split(Q, self.num_heads, 2), 0)
                K_ = tf.concat(tf.split(K, self.num_heads, 2), 0)
                V_ = tf.concat(tf.split(V, self.num_heads, 2), 0)
                A = tf.nn.softmax(tf.matmul(Q_, K_, transpose_b=True) / math.sqrt(self.dim_V), axis=2)
                O = tf.concat(tf.split(Q_ + tf.matmul(A, V_), self.num_heads, 0), 2)
                O = O + tf.nn.elu(layers["fc_o"](O))
                return O

        out = MAB(dim_V, num_heads).forward(batch["q"], batch["k"])
        pooled = tf.reduce_sum(out, axis=1)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["y"], pooled))

    batch = {"q": rng.standard_normal((b, nq, dq)).astype(f), "k": rng.standard_normal((b, nk, dq)).astype(f),
             "y": rng.standard_normal((b, dim_V)).astype(f)}
    variables = [layer.kernel for layer in layers.values()] + [layers["fc_v"].bias, layers["fc_o"].bias]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
