"""The sinusoidal embedding is cast to the dtype of the position ids, int64, so all sines and cosines are truncated to -1, 0, 1.

Source (real): https://github.com/huggingface/transformers/issues/47674 (encode_sinusoidal_position_embedding of Grounding DINO, PyTorch, ported).
Right answer: NOT equivalent; nearly the whole position embedding of the text becomes zero.
"""
import math

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "return tf.cast(tf.concat(embeddings, axis=-1), pos_tensor.dtype)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d_model = 14, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    query = keras.layers.Dense(d_model, use_bias=False, name="query")
    key = keras.layers.Dense(d_model, use_bias=False, name="key")
    for layer in (query, key):
        layer.build((None, length, d_model))
        layer.kernel.assign(0.5 * arr(d_model, d_model))
    out = tf.Variable(arr(d_model), name="readout")
    batch = {
        "text": arr(n, length, d_model),
        "position_ids": np.stack([rng.permutation(9)[:length] for _ in range(n)]).astype("int64"),
        "y": arr(n, length),
    }

    def reference(b):
        table = np.zeros((9, d_model))
        for p in range(9):
            for i in range(0, d_model, 2):
                angle = p * 2 * math.pi / 10000 ** (i / d_model)
                table[p, i], table[p, i + 1] = math.sin(angle), math.cos(angle)
        pos = tf.gather(tf.constant(table.astype(f)), b["position_ids"])
        h = b["text"] + pos
        scores = query(h) @ tf.transpose(key(h), [0, 2, 1]) / math.sqrt(d_model)
        value = tf.linalg.matvec(tf.nn.softmax(scores) @ b["text"], out)
        return tf.reduce_mean((value - b["y"]) ** 2)

    def candidate(b):
        def encode_sinusoidal_position_embedding(pos_tensor, num_pos_feats, temperature=10000):
            scale = 2 * math.pi
            dim_t = np.arange(num_pos_feats)
            dim_t = (temperature ** (2 * (dim_t // 2) / num_pos_feats)).astype(f)
            embeddings = []
            for i in range(pos_tensor.shape[-1]):
                angle = tf.cast(pos_tensor[..., i : i + 1], f) * scale / dim_t
                pair = tf.stack([tf.sin(angle[..., 0::2]), tf.cos(angle[..., 1::2])], axis=-1)
                embeddings.append(tf.reshape(pair, [*angle.shape[:-1], num_pos_feats]))
            return tf.cast(tf.concat(embeddings, axis=-1), pos_tensor.dtype)

        text_position = encode_sinusoidal_position_embedding(b["position_ids"][..., None], d_model)
        hidden = b["text"] + tf.cast(text_position, b["text"].dtype)
        q, k = query(hidden), key(hidden)
        weights = tf.nn.softmax(tf.einsum("nid,njd->nij", q, k) / math.sqrt(d_model))
        pooled = tf.einsum("nij,njd->nid", weights, b["text"])
        return tf.reduce_mean(tf.square(tf.einsum("nid,d->ni", pooled, out) - b["y"]))

    return {"variables": [query.kernel, key.kernel, out], "batch": batch, "reference": reference, "candidate": candidate}
