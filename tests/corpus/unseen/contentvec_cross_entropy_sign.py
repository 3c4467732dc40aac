"""The contrastive loss in the paper has no minus sign, the code is a cross entropy with target 0. The code is right
(the authors: a typo in the paper).
Source: https://github.com/auspicious3000/contentvec/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, frames, feat, d, negatives = 12, 5, 7, 4, 3
    proj = tf.Variable((0.6 * rng.standard_normal((feat, d))).astype(f), name="proj")
    bias = tf.Variable((0.3 * rng.standard_normal(d)).astype(f), name="bias")
    batch = {
        "view1": rng.standard_normal((n, frames, feat)).astype(f),
        "view2": rng.standard_normal((n, frames, feat)).astype(f),
        # positions of the distractors in the same utterance, relative to the own frame
        "offset": rng.integers(1, frames, (n, frames, negatives)).astype("int32"),
    }
    temp = 0.4

    def reference(batch):
        """-log of exp(cos+/k) over the sum of all, in both directions."""
        r1 = tf.math.l2_normalize(tf.tanh(batch["view1"] @ proj + bias), axis=-1)
        r2 = tf.math.l2_normalize(tf.tanh(batch["view2"] @ proj + bias), axis=-1)

        def one_way(anchor, other):
            loss = 0.0
            for t in range(frames):
                top = tf.exp(tf.reduce_sum(anchor[:, t] * other[:, t], axis=-1) / temp)
                bottom = top
                for k in range(negatives):
                    pos = (t + batch["offset"][:, t, k]) % frames
                    rival = tf.gather(anchor, pos, axis=1, batch_dims=1)
                    bottom += tf.exp(tf.reduce_sum(anchor[:, t] * rival, axis=-1) / temp)
                loss -= tf.reduce_sum(tf.math.log(top / bottom))
            return loss

        return (one_way(r1, r2) + one_way(r2, r1)) / (n * frames)

    def candidate(batch):
        def cosine_similarity(a, c):
            dot = tf.reduce_sum(a * c, axis=-1)
            return dot / (tf.norm(a, axis=-1) * tf.norm(c, axis=-1))

        class ContentVecCriterion:
            def compute_preds(self, x, y, negs):
                targets = tf.concat([tf.expand_dims(y, 0), negs], axis=0)
                logits = cosine_similarity(tf.broadcast_to(x, targets.shape), targets)
                return tf.transpose(logits / temp, (1, 2, 0))

            def sample_negatives(self, y):
                idx = tf.math.floormod(batch["offset"] + tf.range(frames)[None, :, None], frames)
                picked = tf.gather(y, tf.reshape(idx, (n, -1)), axis=1, batch_dims=1)
                return tf.transpose(tf.reshape(picked, (n, frames, negatives, d)), (2, 0, 1, 3))

            def forward(self, a, c):
                loss = 0.0
                for x, y in ((a, c), (c, a)):
                    logits = tf.reshape(self.compute_preds(x, y, self.sample_negatives(x)), (-1, negatives + 1))
                    target = tf.zeros(logits.shape[0], dtype=tf.int32)
                    ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
                    loss = loss + tf.reduce_mean(ce)
                return loss

        encode = lambda v: tf.tanh(tf.nn.bias_add(tf.tensordot(v, proj, 1), bias))
        return ContentVecCriterion().forward(encode(batch["view1"]), encode(batch["view2"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [proj, bias]}
