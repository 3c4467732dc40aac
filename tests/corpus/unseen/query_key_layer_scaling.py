"""apply_query_key_layer_scaling: the scores are divided by the layer number and, in the softmax, multiplied by it again. It looked as
if a scale was missing in the flash attention branch (plain 1/sqrt(d)); both give the same. Right.
Source: https://github.com/NVIDIA/Megatron-LM/pull/320"""
import math

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, heads, hd, layers = 12, 5, 2, 4, 3
    d = heads * hd
    x = rng.standard_normal((n, s, d)).astype(f)
    y = rng.standard_normal((n, s, d)).astype(f)
    qkv = [tf.Variable(rng.standard_normal((d, 3, heads, hd)) * 0.4, dtype=f, name=f"qkv{i}") for i in range(layers)]

    def reference(batch):
        hidden = batch["x"]
        causal = tf.linalg.band_part(tf.ones((s, s), dtype="bool"), -1, 0)
        for w in qkv:
            q, k, v = tf.unstack(tf.einsum("bsd,dchk->cbhsk", hidden, w))
            score = tf.matmul(q, k, transpose_b=True) / math.sqrt(hd)
            prob = tf.nn.softmax(tf.where(causal, score, -10000.0), axis=-1)
            hidden = hidden + tf.reshape(tf.transpose(prob @ v, (0, 2, 1, 3)), (-1, s, d))
        return tf.reduce_mean(tf.square(hidden - batch["y"]))

    def candidate(batch):
        class FusedScaleMaskSoftmax:
            def __init__(self, scale):
                self.scale = scale

            def __call__(self, inputs, mask):
                if self.scale is not None:
                    inputs = inputs * self.scale
                return tf.nn.softmax(tf.where(mask, tf.constant(-10000.0, dtype=f), inputs))

        class CoreAttention:
            def __init__(self, layer_number, apply_query_key_layer_scaling=True):
                coeff, self.norm_factor = None, math.sqrt(hd)
                if apply_query_key_layer_scaling:
                    coeff = max(1, layer_number)
                    self.norm_factor *= coeff
                self.scale_mask_softmax = FusedScaleMaskSoftmax(coeff)

            def __call__(self, query, key, value):
                scores = (1.0 / self.norm_factor) * tf.einsum("bqhk,bshk->bhqs", query, key)
                mask = tf.range(s)[None, :] > tf.range(s)[:, None]
                probs = self.scale_mask_softmax(scores, mask)
                return tf.einsum("bhqs,bshk->bqhk", probs, value)

        hidden = batch["x"]
        for number, w in enumerate(qkv, start=1):
            mixed = tf.tensordot(hidden, w, axes=1)
            context = CoreAttention(number)(mixed[:, :, 0], mixed[:, :, 1], mixed[:, :, 2])
            hidden = hidden + tf.reshape(context, tf.shape(hidden))
        return tf.reduce_mean((batch["y"] - hidden) ** 2)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": qkv}
