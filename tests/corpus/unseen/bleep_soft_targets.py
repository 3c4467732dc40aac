"""Image/expression contrastive loss: the soft targets are multiplied by the temperature, the logits are divided by it.

Source (real): https://github.com/bowang-lab/BLEEP/issues/5 (PyTorch, ported; the author calls it a mistake, unseen because T was 1).
Right answer: NOT equivalent for a temperature other than one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "targets = tf.nn.softmax((images_similarity + spots_similarity) / 2 * temperature, axis=-1)",
    "same_forward_value": False,
}


class ProjectionHead(keras.layers.Layer):
    def __init__(self, kernel, inner):
        super().__init__()
        self.kernel, self.inner = kernel, inner

    def call(self, x):
        projected = x @ self.kernel
        return projected + keras.activations.gelu(projected) @ self.inner


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, genes, pix, proj = 14, 8, 6, 5
    temperature = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    variables = [
        tf.Variable(0.4 * arr(pix, proj), name="image_kernel"),
        tf.Variable(0.3 * arr(proj, proj), name="image_inner"),
        tf.Variable(0.4 * arr(genes, proj), name="spot_kernel"),
        tf.Variable(0.3 * arr(proj, proj), name="spot_inner"),
    ]
    image_projection = ProjectionHead(*variables[:2])
    spot_projection = ProjectionHead(*variables[2:])
    batch = {"image": arr(n, pix), "reduced_expression": arr(n, genes)}

    def cross_entropy(preds, targets):
        return tf.reduce_sum(-targets * tf.nn.log_softmax(preds, axis=-1), axis=1)

    def reference(b):
        u = image_projection(b["image"])
        v = spot_projection(b["reduced_expression"])
        m = u.shape[0]
        same_u, same_v = u @ tf.transpose(u), v @ tf.transpose(v)
        goal = tf.nn.softmax(0.5 * (same_u + same_v) / temperature)
        across = v @ tf.transpose(u) / temperature
        total = 0.0
        for i in range(m):
            total -= tf.reduce_sum(goal[i] * (across[i] - tf.reduce_logsumexp(across[i])))
            total -= tf.reduce_sum(goal[:, i] * (across[:, i] - tf.reduce_logsumexp(across[:, i])))
        return total / (2.0 * m)

    def candidate(b):
        image_embeddings = image_projection(b["image"])
        spot_embeddings = spot_projection(b["reduced_expression"])

        logits = tf.matmul(spot_embeddings, image_embeddings, transpose_b=True) / temperature
        images_similarity = tf.matmul(image_embeddings, image_embeddings, transpose_b=True)
        spots_similarity = tf.matmul(spot_embeddings, spot_embeddings, transpose_b=True)
        targets = tf.nn.softmax((images_similarity + spots_similarity) / 2 * temperature, axis=-1)
        spots_loss = cross_entropy(logits, targets)
        images_loss = cross_entropy(tf.transpose(logits), tf.transpose(targets))
        loss = (images_loss + spots_loss) / 2.0
        return tf.reduce_mean(loss)

    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
