"""SigNet's contrastive loss attracts the pairs with y = 0, while the data files mark genuine pairs with 1, so that
genuine signatures are pushed apart and forgeries pulled in.
Source: https://github.com/VinhLoiIT/signet-pytorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = self.alpha * (1 - y) * distance ** 2 + self.beta * y * tf.maximum(0.0, hinge) ** 2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e = 17, 8, 4
    tower = keras.layers.Dense(e, activation="tanh", name="tower")
    tower.build((None, d))
    x1 = rng.normal(size=(n, d)).astype(f)
    y = (np.arange(n) % 3 != 0).astype(f)
    x2 = np.where(y[:, None] > 0, x1 + 0.5 * rng.normal(size=(n, d)), rng.normal(size=(n, d))).astype(f)
    margin = 2.5

    def reference(batch):
        a, b = tower(batch["x1"]), tower(batch["x2"])
        terms = []
        for i in range(n):
            sq = tf.reduce_sum((a[i] - b[i]) ** 2)
            gap = tf.nn.relu(margin - tf.sqrt(sq))
            terms.append(tf.where(batch["y"][i] > 0.5, sq, gap * gap))
        return tf.add_n(terms) / n

    def candidate(batch):
        class ContrastiveLoss:
            def __init__(self, alpha, beta, margin):
                self.alpha, self.beta, self.margin = alpha, beta, margin

            def __call__(self, x1, x2, y):
                distance = tf.norm(x1 - x2, axis=1)
                hinge = self.margin - distance
                loss = self.alpha * (1 - y) * distance ** 2 + self.beta * y * tf.maximum(0.0, hinge) ** 2
                return tf.reduce_mean(loss)

        emb = tower(tf.concat([batch["x1"], batch["x2"]], axis=0))
        left, right = tf.split(emb, 2)
        return ContrastiveLoss(1.0, 1.0, margin)(left, right, batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"x1": x1, "x2": x2, "y": y},
            "variables": list(tower.trainable_variables)}
