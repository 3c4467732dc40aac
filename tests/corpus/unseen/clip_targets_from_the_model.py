"""The CLIP loss takes its soft targets from the model's own image-image and text-text similarities (gradients included);
the mended one takes them from the ids of the images, so that captions of one image share their positives.
Source: https://github.com/moein-shariatnia/OpenAI-CLIP/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "targets = tf.nn.softmax((images_similarity + texts_similarity) / 2 / temperature, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d_img, d_txt, d = 18, 7, 6, 5
    img_proj = keras.layers.Dense(d, use_bias=False, name="image_projection")
    txt_proj = keras.layers.Dense(d, use_bias=False, name="text_projection")
    img_proj.build((None, d_img))
    txt_proj.build((None, d_txt))
    batch = {
        "image": rng.standard_normal((n, d_img)).astype(f),
        "text": rng.standard_normal((n, d_txt)).astype(f),
        "ids": rng.integers(0, 11, n).astype("int32"),
    }
    temperature = 0.5

    def reference(batch):
        u = tf.math.l2_normalize(img_proj(batch["image"]), axis=1)
        v = tf.math.l2_normalize(txt_proj(batch["text"]), axis=1)
        logits = u @ tf.transpose(v) / temperature
        same = tf.cast(batch["ids"][:, None] == batch["ids"][None, :], f)
        goal = same / tf.reduce_sum(same, axis=1, keepdims=True)
        by_image = tf.reduce_sum(goal * tf.nn.log_softmax(logits, axis=1), axis=1)
        by_text = tf.reduce_sum(tf.transpose(goal) * tf.nn.log_softmax(logits, axis=0), axis=0)
        return -0.5 * tf.reduce_mean(by_image + by_text)

    def candidate(batch):
        class CLIPModel:
            def embed(self, projection, x):
                e = projection(x)
                return e / tf.norm(e, axis=-1, keepdims=True)

            def cross_entropy(self, preds, targets):
                return tf.reduce_sum(-targets * tf.nn.log_softmax(preds), axis=1)

            def forward(self, batch):
                image_embeddings = self.embed(img_proj, batch["image"])
                text_embeddings = self.embed(txt_proj, batch["text"])
                logits = tf.matmul(text_embeddings, image_embeddings, transpose_b=True) / temperature
                images_similarity = tf.matmul(image_embeddings, image_embeddings, transpose_b=True)
                texts_similarity = tf.matmul(text_embeddings, text_embeddings, transpose_b=True)
                targets = tf.nn.softmax((images_similarity + texts_similarity) / 2 / temperature, axis=-1)
                texts_loss = self.cross_entropy(logits, targets)
                images_loss = self.cross_entropy(tf.transpose(logits), tf.transpose(targets))
                return tf.reduce_mean((images_loss + texts_loss) / 2.0)

        return CLIPModel().forward(batch)

    variables = [img_proj.kernel, txt_proj.kernel]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
