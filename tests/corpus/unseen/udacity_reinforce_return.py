"""udacity REINFORCE: every log-probability is multiplied with the return of the whole episode instead of
the reward to go. Source: https://github.com/udacity/deep-reinforcement-learning/issues/42"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "R = tf.reduce_sum(discounts * batch[\"rewards\"], axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    E_, T, S, A = 3, 5, 4, 2
    fc1 = tf.Variable(rng.normal(0, 0.6, (S, 6)).astype(fx), name="fc1")
    fc2 = tf.Variable(rng.normal(0, 0.6, (6, A)).astype(fx), name="fc2")
    lens = np.array([5, 3, 4])
    mask = (np.arange(T)[None] < lens[:, None]).astype(fx)

    def logits_of(s):
        return tf.tensordot(tf.nn.relu(tf.tensordot(s, fc1, 1)), fc2, 1)

    def reference(batch):
        gamma = 0.9
        logp = tf.nn.log_softmax(logits_of(batch["states"]))
        loss = 0.0
        for e in range(E_):
            G = 0.0
            for t in reversed(range(int(batch["length"][e]))):
                G = batch["rewards"][e, t] + gamma * G
                loss -= logp[e, t, int(batch["actions"][e, t])] * G
        return loss / E_

    def candidate(batch):
        gamma = 0.9
        alive = tf.sequence_mask(batch["length"], T, dtype=fx)
        log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            batch["actions"], logits_of(batch["states"]))
        discounts = tf.constant(gamma ** np.arange(T), dtype=fx)
        R = tf.reduce_sum(discounts * batch["rewards"], axis=1, keepdims=True)
        policy_loss = -log_probs * R * alive
        return tf.reduce_mean(tf.reduce_sum(policy_loss, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(E_, T, S)).astype(fx),
                      "actions": rng.integers(0, A, (E_, T)).astype("int32"),
                      "rewards": (rng.uniform(0.2, 1.5, (E_, T)) * mask).astype(fx), "length": lens.astype("int32")},
            "variables": [fc1, fc2]}
