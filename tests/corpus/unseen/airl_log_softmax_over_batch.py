"""AIRL policy reward f(s, a) - log pi(a|s): a log_softmax was put around both vectors, which normalises them over the batch.

Source (real): https://github.com/HumanCompatibleAI/imitation/issues/138 (TensorFlow 1, DiscrimNetAIRL.build_policy_train_reward; a bug
that came in by a refactoring; mended in #147).
Right answer: NOT equivalent. The reward of every sample is shifted by the difference of two log-sum-exps, and REINFORCE without a
baseline feels a shift.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_d, log_d_compl = tf.nn.log_softmax(tf.stack([reward_output_train, log_policy_act_prob]))",
    "same_forward_value": False,
}

ENTROPY_WEIGHT = 0.7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 24, 5, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    h = tf.Variable(0.5 * arr(d, hid), name="pi_hidden")
    o = tf.Variable(0.7 * arr(hid, acts), name="pi_out")
    rew_w = tf.constant(arr(d + acts))
    batch = {"obs": arr(n, d), "acts": rng.integers(0, acts, n)}

    def log_pi(b):
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["acts"], logits=tf.tanh(b["obs"] @ h) @ o)

    def reward_net(b):
        one_hot = tf.one_hot(b["acts"], acts, dtype=b["obs"].dtype)
        return tf.linalg.matvec(tf.concat([b["obs"], one_hot], 1), rew_w)

    def reference(b):
        f_sa, lp = reward_net(b), log_pi(b)
        # before the refactoring: log D - log(1 - D) of the two-class logits [f, log pi]
        logits = tf.stack([f_sa, ENTROPY_WEIGHT * tf.stop_gradient(lp)], axis=-1)
        both = tf.nn.log_softmax(logits, axis=-1)
        advantage = both[:, 0] - both[:, 1]
        return -tf.reduce_mean(advantage * lp)

    def candidate(b):
        log_prob = log_pi(b)
        reward_output_train = reward_net(b)
        log_policy_act_prob = tf.stop_gradient(log_prob)
        log_d, log_d_compl = tf.nn.log_softmax(tf.stack([reward_output_train, log_policy_act_prob]))
        policy_train_reward = log_d - ENTROPY_WEIGHT * log_d_compl
        return -tf.reduce_mean(policy_train_reward * log_prob)

    return {"variables": [h, o], "batch": batch, "reference": reference, "candidate": candidate}
