"""CLIP: the projections are multiplied without being normalised, so the logits are no cosine similarities.
Source: https://github.com/moein-shariatnia/OpenAI-CLIP/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'logits = tf.matmul(text_embeddings, image_embeddings, transpose_b=True) / self.temperature',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wi, wt = var("image_proj", 6, 4), var("text_proj", 5, 4)

    def reference(batch, temperature=0.5):
        i = tf.math.l2_normalize(batch["img"] @ wi, 1)
        t = tf.math.l2_normalize(batch["txt"] @ wt, 1)
        s = t @ tf.transpose(i) / temperature
        diag = tf.linalg.diag_part(s)
        return tf.reduce_mean(tf.reduce_logsumexp(s, 1) + tf.reduce_logsumexp(s, 0) - 2 * diag) / 2

    def candidate(batch):
        class ProjectionHead:
            def __init__(self, kernel):
                self.kernel = kernel

            def __call__(self, x):
                return tf.matmul(x, self.kernel)

        class CLIPModel:
            def __init__(self, temperature=0.5):
                self.temperature = temperature
                self.image_projection, self.text_projection = ProjectionHead(wi), ProjectionHead(wt)

            def __call__(self, img, txt):
                image_embeddings = self.image_projection(img)
                text_embeddings = self.text_projection(txt)
                logits = tf.matmul(text_embeddings, image_embeddings, transpose_b=True) / self.temperature
                targets = tf.range(logits.shape[0])
                loss = 0.0
                for m in (logits, tf.transpose(logits)):
                    loss += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, m))
                return loss / 2.0

        return CLIPModel()(batch["img"], batch["txt"])

    return {"reference": reference, "candidate": candidate, "variables": [wi, wt],
            "batch": {"img": data(13, 6), "txt": data(13, 5)}}
