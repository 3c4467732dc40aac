"""PPO value clipping compares the network's prediction with itself (evaluated twice) instead of with the value stored at collection time, so it never clips. Source: https://github.com/tensorflow/agents/issues/352"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "old_value_preds = value_network(batch['observation'])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs = 10, 6
    value_clipping, vf_coef = 0.2, 0.5
    W1 = tf.Variable(rng.normal(0, 0.6, (obs, 12)).astype("float32"), name="value/w1")
    b1 = tf.Variable(rng.normal(0, 0.1, 12).astype("float32"), name="value/b1")
    W2 = tf.Variable(rng.normal(0, 0.5, (12, 1)).astype("float32"), name="value/w2")

    def value_network(observation):
        hidden = tf.tanh(observation @ W1 + b1)
        return tf.squeeze(hidden @ W2, axis=-1)

    def value_estimation_loss(value_preds, old_value_preds, returns, weights):
        value_estimation_error = tf.math.squared_difference(returns, value_preds)
        clipped_value_preds = old_value_preds + tf.clip_by_value(
            value_preds - old_value_preds, -value_clipping, value_clipping)
        clipped_error = tf.math.squared_difference(returns, clipped_value_preds)
        value_estimation_error = tf.maximum(value_estimation_error, clipped_error)
        return vf_coef * tf.reduce_mean(value_estimation_error * weights)

    def l2():
        return 1e-3 * (tf.nn.l2_loss(W1) + tf.nn.l2_loss(W2))

    def reference(batch):
        value_preds = value_network(batch["observation"])
        return value_estimation_loss(value_preds, batch["value_prediction"], batch["returns"], batch["weights"]) + l2()

    def candidate(batch):
        value_preds = value_network(batch["observation"])
        old_value_preds = value_network(batch['observation'])
        return value_estimation_loss(value_preds, old_value_preds, batch["returns"], batch["weights"]) + l2()

    observation = rng.normal(size=(n, obs)).astype("float32")
    current = value_network(tf.constant(observation)).numpy()
    batch = {
        "observation": observation,
        "value_prediction": (current + rng.normal(0, 0.6, n)).astype("float32"),
        "returns": (current + rng.normal(0, 1.0, n)).astype("float32"),
        "weights": np.ones(n, "float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [W1, b1, W2]}
