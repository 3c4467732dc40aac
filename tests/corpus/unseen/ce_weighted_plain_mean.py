"""Next-item cross entropy with sample weights: a weighted mean divides by the sum of the weights.
The layer takes the plain mean of loss * weight, so the scale follows the weights of the batch.
Source: https://github.com/sb-ai-lab/RePlay/issues/91"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(loss * sample_weight)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, items = 14, 5, 4, 9
    emb = rng.normal(size=(n, t, d)).astype(f)
    target = rng.integers(0, items, size=(n, t)).astype("int32")
    weight = rng.gamma(0.6, 3.0, size=(n, t)).astype(f)
    pad = rng.random(size=(n, t)) < 0.8
    table = tf.Variable((0.5 * rng.normal(size=(items, d))).astype(f), name="table")
    shift = tf.Variable((0.1 * rng.normal(size=(d,))).astype(f), name="shift")

    def reference(batch):
        logits = tf.einsum("ntd,id->nti", batch["emb"] + shift, table)
        nll = tf.reduce_logsumexp(logits, -1) - tf.gather(logits, batch["target"], axis=2, batch_dims=2)
        w = batch["weight"] * tf.cast(batch["pad"], f)
        return tf.reduce_sum(w * nll) / tf.reduce_sum(w)

    def candidate(batch):
        class CEWeighted:
            def __init__(self, get_logits):
                self.get_logits = get_logits

            def forward(self, model_embeddings, positive_labels, sample_weight, padding_mask):
                logits = self.get_logits(tf.boolean_mask(model_embeddings, padding_mask))
                labels = tf.boolean_mask(positive_labels, padding_mask)
                sample_weight = tf.boolean_mask(sample_weight, padding_mask)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
                loss = tf.reduce_mean(loss * sample_weight)
                return loss

        criterion = CEWeighted(lambda e: tf.matmul(e + shift, table, transpose_b=True))
        return criterion.forward(batch["emb"], batch["target"], batch["weight"], batch["pad"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"emb": emb, "target": target, "weight": weight, "pad": pad}, "variables": [table, shift]}
