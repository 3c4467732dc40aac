"""Policy gradient with a learned baseline: the value is part of the advantage without being detached, so the policy loss trains the value network.
Source: https://github.com/ucla-rlcourse/RLexample/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": 'advantage = reward - value',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pixels = 14, 9
    affine1 = keras.layers.Dense(7, activation="relu")
    action_head, value_head = keras.layers.Dense(2), keras.layers.Dense(1)
    affine1.build((None, pixels)), action_head.build((None, 7)), value_head.build((None, 7))
    batch = {
        "x": rng.standard_normal((n, pixels)).astype(f),
        "up": rng.integers(0, 2, n),
        "rewards": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        h = affine1(b["x"])
        baseline = value_head(h)[:, 0]
        weight = b["rewards"] - tf.stop_gradient(baseline)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["up"], logits=action_head(h))
        err = tf.abs(b["rewards"] - baseline)
        huber = tf.where(err < 1, 0.5 * err ** 2, err - 0.5)
        return tf.reduce_sum(weight * nll) + tf.reduce_sum(huber)

    def candidate(b):
        smooth_l1 = keras.losses.Huber(delta=1.0, reduction=None)
        saved_log_probs, saved_values = [], []
        for t in range(n):
            x = affine1(b["x"][t:t + 1])
            probs = tf.nn.softmax(action_head(x))[0]
            saved_log_probs.append(tf.math.log(tf.gather(probs, b["up"][t])))
            saved_values.append(value_head(x)[0, 0])
        policy_loss, value_loss = [], []
        for log_prob, value, reward in zip(saved_log_probs, saved_values, tf.unstack(b["rewards"])):
            advantage = reward - value
            policy_loss.append(-log_prob * advantage)
            value_loss.append(smooth_l1([reward], [value]))
        return tf.add_n(policy_loss) + tf.reduce_sum(tf.stack(value_loss))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": affine1.trainable_variables + action_head.trainable_variables + value_head.trainable_variables}
