"""TransE with self-adversarial negatives: the margin is part of the score (gamma - distance) and not of the loss, and the weights are
softmaxed from such scores; asked about in the thread, and the same as the loss with the margin outside.
Source: https://github.com/DeepGraphLearning/KnowledgeGraphEmbedding/issues/10"""
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
    entity = tf.Variable(rng.normal(size=(11, 4)).astype(f), name="entity")
    relation = tf.Variable(rng.normal(size=(3, 4)).astype(f), name="relation")
    gamma, alpha = 3.0, 0.8

    def reference(batch):
        h, r = tf.gather(entity, batch["h"]), tf.gather(relation, batch["r"])
        d_pos = tf.reduce_sum(tf.abs(h + r - tf.gather(entity, batch["t"])), axis=1)
        d_neg = tf.reduce_sum(tf.abs((h + r)[:, None] - tf.gather(entity, batch["neg"])), axis=2)
        weights = tf.stop_gradient(tf.nn.softmax(-alpha * d_neg, axis=1))
        pos = tf.nn.softplus(d_pos - gamma)
        neg = tf.reduce_sum(weights * tf.nn.softplus(gamma - d_neg), axis=1)
        return 0.5 * (tf.reduce_mean(pos) + tf.reduce_mean(neg))

    def candidate(batch):
        class KGEModel:
            def TransE(self, head, rel, tail):
                score = (head + rel) - tail
                return gamma - tf.norm(score, ord=1, axis=2)

            def __call__(self, sample, mode="single"):
                head = tf.nn.embedding_lookup(entity, sample[0])[:, None, :]
                rel = tf.nn.embedding_lookup(relation, sample[1])[:, None, :]
                tail = tf.nn.embedding_lookup(entity, sample[2])
                if mode == "single":
                    tail = tail[:, None, :]
                return self.TransE(head, rel, tail)

        model = KGEModel()
        negative_score = model((batch["h"], batch["r"], batch["neg"]), mode="tail-batch")
        adversarial = tf.stop_gradient(keras.ops.softmax(negative_score * alpha, axis=1))
        negative_score = tf.reduce_sum(adversarial * tf.math.log_sigmoid(-negative_score), axis=1)
        positive_score = tf.squeeze(tf.math.log_sigmoid(model((batch["h"], batch["r"], batch["t"]))), axis=1)
        positive_sample_loss = -tf.reduce_mean(positive_score)
        negative_sample_loss = -tf.reduce_mean(negative_score)
        return (positive_sample_loss + negative_sample_loss) / 2

    batch = {"h": rng.integers(0, 11, 16).astype("int32"), "r": rng.integers(0, 3, 16).astype("int32"),
             "t": rng.integers(0, 11, 16).astype("int32"), "neg": rng.integers(0, 11, (16, 5)).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [entity, relation]}
