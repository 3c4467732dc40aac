"""The CLIP loss was changed from the diagonal of a log-softmax to a cross entropy with arange labels; both are the same.
Source: https://github.com/huggingface/transformers/pull/13217"""
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
    fx = keras.config.floatx()
    n, dt, di, e = 5, 6, 8, 4
    text_projection = keras.layers.Dense(e, use_bias=False, name="text_projection")
    visual_projection = keras.layers.Dense(e, use_bias=False, name="visual_projection")
    text_projection.build((n, dt))
    visual_projection.build((n, di))
    logit_scale = tf.Variable(np.asarray(1.5, dtype=fx), name="logit_scale")

    def reference(batch):
        t = tf.nn.l2_normalize(text_projection(batch["text"]), -1)
        v = tf.nn.l2_normalize(visual_projection(batch["image"]), -1)
        s = t @ tf.transpose(v) * tf.exp(logit_scale)

        def contrastive(logits, dim):
            return -tf.reduce_mean(tf.linalg.diag_part(tf.nn.log_softmax(logits, axis=dim)))

        return (contrastive(s, 0) + contrastive(s, 1)) / 2.0

    def candidate(batch):
        def contrastive_loss(logits):
            labels = tf.range(logits.shape[0])
            return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))

        def clip_loss(similarity):
            caption_loss = contrastive_loss(similarity)
            image_loss = contrastive_loss(tf.transpose(similarity))
            return (caption_loss + image_loss) / 2.0

        image_embeds = visual_projection(batch["image"])
        text_embeds = text_projection(batch["text"])
        image_embeds = image_embeds / tf.norm(image_embeds, axis=-1, keepdims=True)
        text_embeds = text_embeds / tf.norm(text_embeds, axis=-1, keepdims=True)
        logits_per_text = tf.matmul(text_embeds, image_embeds, transpose_b=True) * tf.exp(logit_scale)
        return clip_loss(logits_per_text)

    return {"reference": reference, "candidate": candidate,
            "batch": {"text": rng.normal(size=(n, dt)).astype(fx), "image": rng.normal(size=(n, di)).astype(fx)},
            "variables": text_projection.trainable_variables + visual_projection.trainable_variables + [logit_scale]}
