"""Last-token pooling by argmin of the attention mask: for a row without padding argmin is 0, and the first token is picked.
Source: https://github.com/huggingface/sentence-transformers/pull/2111"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "gather_indices = tf.argmin(mask, axis=1, output_type=tf.int32) - 1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, t, d, e = 5, 6, 4, 4
    w = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="token_proj")
    u = tf.Variable(rng.normal(size=(e, e), scale=0.3).astype(fx), name="mix")
    lens_a, lens_b = np.array([6, 3, 6, 4, 2]), np.array([2, 6, 5, 6, 3])

    def encode(tokens):
        h = tf.tanh(tf.matmul(tokens, w))
        return h + tf.matmul(tf.cumsum(h, axis=1), u)

    def reference(batch):
        sims = []
        for i in range(b):
            last_a = int(tf.reduce_sum(batch["mask_a"][i])) - 1
            last_b = int(tf.reduce_sum(batch["mask_b"][i])) - 1
            va = encode(batch["tok_a"][i:i + 1])[0, last_a]
            vb = encode(batch["tok_b"][i:i + 1])[0, last_b]
            sims.append(tf.reduce_sum(va * vb) / (tf.norm(va) * tf.norm(vb)))
        return tf.reduce_mean(tf.square(tf.stack(sims) - batch["score"]))

    def candidate(batch):
        def lasttoken_pool(token_embeddings, mask):
            gather_indices = tf.argmin(mask, axis=1, output_type=tf.int32) - 1
            gather_indices = tf.maximum(gather_indices, 0)
            return tf.gather(token_embeddings, gather_indices, batch_dims=1)

        emb_a = lasttoken_pool(encode(batch["tok_a"]), batch["mask_a"])
        emb_b = lasttoken_pool(encode(batch["tok_b"]), batch["mask_b"])
        cos = tf.reduce_sum(tf.math.l2_normalize(emb_a, axis=-1) * tf.math.l2_normalize(emb_b, axis=-1), axis=-1)
        return tf.reduce_mean((cos - batch["score"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tok_a": rng.normal(size=(b, t, d)).astype(fx), "tok_b": rng.normal(size=(b, t, d)).astype(fx),
                      "mask_a": (np.arange(t)[None] < lens_a[:, None]).astype("int32"),
                      "mask_b": (np.arange(t)[None] < lens_b[:, None]).astype("int32"),
                      "score": rng.uniform(size=b).astype(fx)},
            "variables": [w, u]}
