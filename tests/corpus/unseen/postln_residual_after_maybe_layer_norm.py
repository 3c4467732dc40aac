"""The residual of the feed-forward block is taken after maybe_layer_norm(after=True); reported as wrong for
pre-LN, but that call only normalises in the post-LN layer, where the residual belongs there.
Source: https://github.com/LiyuanLucasLiu/Transformer-Clinic/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq, dim, ffn = 13, 3, 5, 7
    mix = tf.Variable(0.5 * rng.standard_normal((seq, seq)).astype(f), name="mix")      # stands for attention
    fc1 = tf.Variable(0.5 * rng.standard_normal((dim, ffn)).astype(f), name="fc1")
    fc2 = tf.Variable(0.5 * rng.standard_normal((ffn, dim)).astype(f), name="fc2")
    ln = {}
    for s in ("self_attn_layer_norm", "final_layer_norm"):
        ln[s] = (tf.Variable(rng.uniform(0.5, 1.5, dim).astype(f), name=s + "_g"),
                 tf.Variable(0.2 * rng.standard_normal(dim).astype(f), name=s + "_b"))
    batch = {
        "x": rng.standard_normal((n, seq, dim)).astype(f),
        "y": rng.standard_normal((n, seq, dim)).astype(f),
    }

    def reference(b):
        def layer_norm(t, name):
            g, beta = ln[name]
            mu = tf.reduce_mean(t, -1, keepdims=True)
            var = tf.reduce_mean((t - mu) ** 2, -1, keepdims=True)
            return (t - mu) / tf.sqrt(var + 1e-5) * g + beta

        attn = tf.einsum("qk,nkd->nqd", tf.nn.softmax(mix), b["x"])
        h = layer_norm(b["x"] + attn, "self_attn_layer_norm")
        out = layer_norm(h + tf.nn.tanh(h @ fc1) @ fc2, "final_layer_norm")
        return tf.reduce_mean((out - b["y"]) ** 2)

    def candidate(b):
        class TransformerEncoderLayer:
            def __init__(self, normalize_before):
                self.normalize_before = normalize_before

            def maybe_layer_norm(self, name, x, before=False, after=False):
                assert before ^ after
                if after ^ self.normalize_before:
                    scale, offset = ln[name]
                    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
                    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-5)
                return x

            def forward(self, x0):
                residual = x0
                x0 = self.maybe_layer_norm("self_attn_layer_norm", x0, before=True)
                x0 = residual + tf.matmul(tf.nn.softmax(mix)[None], x0)
                x0 = self.maybe_layer_norm("self_attn_layer_norm", x0, after=True)
                residual = x0
                x0 = self.maybe_layer_norm("final_layer_norm", x0, before=True)
                x0 = keras.ops.tanh(keras.ops.matmul(x0, fc1))
                x0 = residual + keras.ops.matmul(x0, fc2)
                return self.maybe_layer_norm("final_layer_norm", x0, after=True)

        out = TransformerEncoderLayer(normalize_before=False).forward(b["x"])
        return keras.losses.MeanSquaredError()(b["y"], out)

    variables = [mix, fc1, fc2, *ln["self_attn_layer_norm"], *ln["final_layer_norm"]]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
