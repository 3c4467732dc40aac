"""CLIP in DALLE-pytorch takes the cross entropy only over the images for each text; the paper averages both directions.
Source: https://github.com/lucidrains/DALLE-pytorch/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, sim, from_logits=True))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, seq, vocab, d, e = 5, 4, 9, 6, 4
    tok = keras.layers.Embedding(vocab, d, name="tok")
    to_text = keras.layers.Dense(e, use_bias=False, name="to_text")
    to_img = keras.layers.Dense(e, use_bias=False, name="to_img")
    tok.build((n, seq))
    tok.embeddings.assign(rng.normal(size=(vocab, d)))
    to_text.build((n, d))
    to_img.build((n, 12))
    temp = tf.Variable(np.asarray(1.2, dtype=fx), name="temp")

    def reference(batch):
        m = batch["text_mask"][..., None]
        t = to_text(tf.reduce_sum(tok(batch["text"]) * m, 1) / tf.reduce_sum(m, 1))
        i = to_img(batch["image"])
        t, i = tf.nn.l2_normalize(t, -1), tf.nn.l2_normalize(i, -1)
        s = t @ tf.transpose(i) * tf.exp(temp)
        per_text = tf.reduce_logsumexp(s, axis=1) - tf.linalg.diag_part(s)
        per_image = tf.reduce_logsumexp(s, axis=0) - tf.linalg.diag_part(s)
        return tf.reduce_mean(per_text + per_image) / 2

    def candidate(batch):
        def masked_mean(x, mask):
            x = x * mask[:, :, None]
            return tf.reduce_sum(x, axis=1) / tf.reduce_sum(mask, axis=1)[:, None]

        enc_text = masked_mean(tok(batch["text"]), batch["text_mask"])
        text_latents = to_text(enc_text)
        image_latents = to_img(batch["image"])
        text_latents = tf.math.l2_normalize(text_latents, axis=-1)
        image_latents = tf.math.l2_normalize(image_latents, axis=-1)
        sim = tf.einsum("id,jd->ij", text_latents, image_latents) * tf.exp(temp)
        labels = tf.range(n)
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, sim, from_logits=True))

    return {"reference": reference, "candidate": candidate,
            "batch": {"text": rng.integers(0, vocab, size=(n, seq)), "image": rng.normal(size=(n, 12)).astype(fx),
                      "text_mask": (np.arange(seq)[None] < np.array([4, 2, 3, 4, 1])[:, None]).astype(fx)},
            "variables": tok.trainable_variables + to_text.trainable_variables + to_img.trainable_variables + [temp]}
