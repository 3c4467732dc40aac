"""Recurrent MADDPG trains one approximate actor for every other agent; the return statement stands inside the loop, so only
the first approximation ever gets a loss.
Source: https://github.com/nicoring/rec-maddpg/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return total / len(approximations)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, others, obs, acts = 14, 3, 6, 5
    nets = [keras.layers.Dense(acts, name=f"approx_{k}") for k in range(others)]
    for net in nets:
        net.build((None, obs))
    lam = 0.05

    def reference(batch):
        logits = tf.stack([net(batch["obs"][:, k]) for k, net in enumerate(nets)], axis=1)
        logp = tf.nn.log_softmax(logits)
        chosen = tf.gather(logp, batch["acts"], axis=2, batch_dims=2)
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, axis=-1)
        return -tf.reduce_mean(chosen + lam * entropy)

    def candidate(batch):
        approximations = dict(enumerate(nets))

        def one_hot(index):
            return tf.one_hot(batch["acts"][:, index], acts, dtype=f)

        def train_actor_approximations():
            total = 0.0
            for index, model in approximations.items():
                logits = model(batch["obs"][:, index])
                probs = tf.nn.softmax(logits)
                log_probs = tf.math.log(probs)
                entropy = -tf.reduce_sum(probs * log_probs, axis=1)
                action_log_prob = tf.reduce_sum(one_hot(index) * log_probs, axis=1)
                total += -tf.reduce_mean(action_log_prob + lam * entropy)
                return total / len(approximations)

        return train_actor_approximations()

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((n, others, obs)).astype(f),
            "acts": rng.integers(0, acts, (n, others)).astype("int32"),
        },
        "variables": [w for net in nets for w in net.trainable_variables],
    }
