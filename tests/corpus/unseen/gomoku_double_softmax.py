"""The policy head's softmax output goes into softmax_cross_entropy_with_logits as its logits.
Source: https://github.com/zouyih/AlphaZero_Gomoku-tensorflow/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits=action_probs, labels=batch[\"mcts_probs\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, side = 4, 3
    states = rng.integers(0, 2, size=(n, side, side, 2)).astype(fx)
    mcts_probs = rng.dirichlet(np.full(side * side, 0.4), size=n).astype(fx)
    winner = rng.choice([-1.0, 1.0], size=(n, 1)).astype(fx)
    conv = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")
    policy = keras.layers.Dense(side * side, name="policy_fc", kernel_initializer="random_normal")
    value = keras.layers.Dense(1, "tanh", name="value_fc")
    conv.build((None, side, side, 2))
    policy.build((None, side * side * 4))
    value.build((None, side * side * 4))

    def reference(batch):
        feat = tf.reshape(conv(batch["states"]), (n, -1))
        logp = tf.nn.log_softmax(policy(feat))
        policy_loss = -tf.reduce_mean(tf.reduce_sum(batch["mcts_probs"] * logp, axis=1))
        value_loss = tf.reduce_mean(tf.square(batch["winner"] - value(feat)))
        return policy_loss + value_loss + 1e-4 * tf.nn.l2_loss(policy.kernel)

    def candidate(batch):
        conv_out = conv(batch["states"])
        flat = tf.reshape(conv_out, (-1, side * side * 4))
        policy_net_out = policy(flat)
        action_probs = tf.nn.softmax(policy_net_out, name="policy_net_proba")
        evaluation = value(flat)

        l2_penalty = 1e-4 * tf.nn.l2_loss(policy.kernel)
        value_loss = tf.reduce_mean(tf.math.squared_difference(batch["winner"], evaluation))
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits(
            logits=action_probs, labels=batch["mcts_probs"])
        policy_loss = tf.reduce_mean(cross_entropy)
        return value_loss + policy_loss + l2_penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": states, "mcts_probs": mcts_probs, "winner": winner},
            "variables": conv.trainable_variables + policy.trainable_variables + value.trainable_variables}
