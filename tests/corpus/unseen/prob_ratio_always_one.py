"""Tensorforce: in tf_pg_loss_per_instance the probability ratio is always exactly 1, as the old distribution is the current
one behind a stop_gradient; the clipping can never act and the importance weights are lost.
Source: https://github.com/tensorforce/tensorforce/issues/312"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "fixed_log_prob = tf.stop_gradient(log_prob)",
    "same_forward_value": False,
}


class Categorical:
    def __init__(self, shape, rng, f, name):
        self.kernel = keras.Variable(rng.normal(size=shape) * 0.5, dtype=f, name=name)

    def parameterize(self, x):
        return tf.nn.log_softmax(tf.matmul(x, self.kernel))

    def log_probability(self, distr_params, action):
        return tf.gather(distr_params, action, batch_dims=1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 19, 5, 6
    clip = 0.2
    dense = keras.Variable(rng.normal(size=(d, h)) * 0.5, dtype=f, name="network_dense")
    distributions = {"move": Categorical((h, 4), rng, f, "move"), "fire": Categorical((h, 2), rng, f, "fire")}

    def reference(batch):
        feat = tf.tanh(tf.matmul(batch["state"], dense))
        ratios = []
        for name in ("move", "fire"):
            logits = tf.matmul(feat, distributions[name].kernel)
            now = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch[name], logits)
            ratios.append(tf.exp(now - batch["old_logp_" + name]))
        ratio = tf.add_n(ratios) / 2.0
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        return -tf.reduce_mean(tf.minimum(ratio * batch["reward"], clipped * batch["reward"]))

    def candidate(batch):
        embedding = keras.activations.tanh(batch["state"] @ tf.convert_to_tensor(dense))
        prob_ratios = []
        for name, distribution in distributions.items():
            distr_params = distribution.parameterize(x=embedding)
            log_prob = distribution.log_probability(distr_params=distr_params, action=batch[name])
            fixed_log_prob = tf.stop_gradient(log_prob)
            prob_ratios.append(tf.exp(log_prob - fixed_log_prob))
        prob_ratio = tf.reduce_mean(tf.stack(prob_ratios, axis=1), axis=1)
        surrogate = [prob_ratio * batch["reward"],
                     tf.clip_by_value(prob_ratio, 1.0 - clip, 1.0 + clip) * batch["reward"]]
        return tf.reduce_mean(-tf.reduce_min(tf.stack(surrogate), axis=0))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"state": rng.normal(size=(n, d)).astype(f), "reward": rng.normal(size=n).astype(f),
                  "move": rng.integers(0, 4, size=n).astype("int32"), "fire": rng.integers(0, 2, size=n).astype("int32"),
                  "old_logp_move": np.log(rng.uniform(0.15, 0.5, size=n)).astype(f),
                  "old_logp_fire": np.log(rng.uniform(0.3, 0.7, size=n)).astype(f)},
        "variables": [dense] + [x.kernel for x in distributions.values()],
    }
