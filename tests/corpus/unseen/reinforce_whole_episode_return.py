"""REINFORCE: every log-prob is multiplied with the return of the whole episode G_0, in place of the return G_t from t on.
Source: https://github.com/huggingface/deep-rl-class/pull/95"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "policy_loss.append(-log_prob * R)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 15, 4, 3, 0.9
    pi = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="relu", name="fc1"),
                           keras.layers.Dense(acts, name="fc2")])

    def reference(batch):
        powers = np.tril(np.ones((n, n))).T * gamma ** np.maximum(np.arange(n)[None] - np.arange(n)[:, None], 0)
        to_go = tf.linalg.matvec(tf.constant(powers.astype(f)), batch["reward"])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["action"], logits=pi(batch["obs"]))
        return tf.tensordot(nll, to_go, 1)

    def candidate(batch):
        class Policy:
            def act(self, state, action):
                probs = tf.nn.softmax(pi(state[None]), axis=1)
                return tf.math.log(probs[0, action])

        policy = Policy()
        saved_log_probs, rewards = [], []
        for t in range(n):
            saved_log_probs.append(policy.act(batch["obs"][t], int(batch["action"][t])))
            rewards.append(batch["reward"][t])
        discounts = [gamma ** i for i in range(len(rewards) + 1)]
        R = sum(a * b for a, b in zip(discounts, rewards))
        policy_loss = []
        for log_prob in saved_log_probs:
            policy_loss.append(-log_prob * R)
        return tf.add_n(policy_loss)

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.integers(0, acts, n),
             "reward": (1 + 0.5 * rng.normal(size=n)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": pi.trainable_variables}
