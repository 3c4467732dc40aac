"""DreamerV3 KL of a vector of categoricals: free nats are applied to each stochastic variable before the KL is summed
over them; the reference objective sums first.
Source: https://github.com/pytorch/rl/pull/4073"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(tf.maximum(kl, free), axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, stoch, classes, unimix, free = 15, 6, 4, 5, 0.01, 1.0
    post_head = keras.layers.Dense(stoch * classes, name="post")
    prior_head = keras.layers.Dense(stoch * classes, name="prior")
    post_head.build((None, feat))
    prior_head.build((None, feat))

    def reference(batch):
        def mixed(head, x):
            p = tf.nn.softmax(tf.reshape(head(x), (-1, stoch, classes)))
            return (1 - unimix) * p + unimix / classes

        def kl(a, b):
            return tf.einsum("bsc->b", a * (tf.math.log(a) - tf.math.log(b)))

        post, prior = mixed(post_head, batch["embed"]), mixed(prior_head, batch["deter"])
        dyn = tf.nn.relu(kl(tf.stop_gradient(post), prior) - free) + free
        rep = tf.nn.relu(kl(post, tf.stop_gradient(prior)) - free) + free
        return tf.reduce_mean(dyn) + 0.1 * tf.reduce_mean(rep)

    def candidate(batch):
        class Categorical:
            def __init__(self, logits):
                probs = keras.ops.softmax(keras.ops.reshape(logits, (-1, stoch, classes)), axis=-1)
                self.probs = probs * (1.0 - unimix) + unimix * (1.0 / classes)

            def detach(self):
                other = object.__new__(Categorical)
                other.probs = tf.stop_gradient(self.probs)
                return other

        def kl_loss(q, p):
            kl = -tf.reduce_sum(q.probs * tf.math.log(p.probs / q.probs), axis=-1)
            return tf.reduce_sum(tf.maximum(kl, free), axis=-1)

        posterior = Categorical(post_head(batch["embed"]))
        prior = Categorical(prior_head(batch["deter"]))
        dynamics = kl_loss(posterior.detach(), prior)
        representation = kl_loss(posterior, prior.detach())
        return tf.reduce_mean(1.0 * dynamics + 0.1 * representation)

    batch = {"embed": (1.5 * rng.normal(size=(n, feat))).astype(f), "deter": (1.5 * rng.normal(size=(n, feat))).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": post_head.trainable_variables + prior_head.trainable_variables}
