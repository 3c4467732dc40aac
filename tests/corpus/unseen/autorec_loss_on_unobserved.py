"""AutoRec: the squared error is to be taken over the observed ratings; here the whole user-item matrix, with zeros where nothing was
observed, is the target.
Source: https://github.com/berkeley-reclab/RecLab/pull/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pre_rec_cost = tf.square(self.temp_R - self.decoder)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    V = tf.Variable((rng.normal(size=(9, 5)) * 0.5).astype(f), name="V")
    W = tf.Variable((rng.normal(size=(5, 9)) * 0.5).astype(f), name="W")
    mu = tf.Variable((rng.normal(size=(5,)) * 0.5).astype(f), name="mu")
    b = tf.Variable((rng.normal(size=(9,)) * 0.5).astype(f), name="b")
    lam = 0.05

    def reference(batch):
        predicted = tf.sigmoid(batch["R"] @ V + mu) @ W + b
        where = tf.where(batch["R"] > 0)
        err = tf.gather_nd(predicted, where) - tf.gather_nd(batch["R"], where)
        return tf.reduce_sum(err * err) + lam * (tf.nn.l2_loss(V) + tf.nn.l2_loss(W))

    def candidate(batch):
        class AutoRec:
            def prepare_model(self, ratings):
                self.temp_R = ratings
                encoder = tf.nn.sigmoid(tf.nn.bias_add(tf.matmul(ratings, V), mu))
                self.decoder = tf.nn.bias_add(tf.matmul(encoder, W), b)
                return self

            def l2_norm(self, tensor):
                return tf.sqrt(tf.reduce_sum(tf.square(tensor)))

            def cost(self):
                pre_rec_cost = tf.square(self.temp_R - self.decoder)
                rec_cost = tf.reduce_sum(pre_rec_cost)
                pre_reg_cost = tf.square(self.l2_norm(W)) + tf.square(self.l2_norm(V))
                return rec_cost + lam * 0.5 * pre_reg_cost

        return AutoRec().prepare_model(batch["R"]).cost()

    ratings = rng.integers(1, 6, (17, 9)) * (rng.uniform(size=(17, 9)) < 0.4)
    batch = {"R": ratings.astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [V, W, mu, b]}
