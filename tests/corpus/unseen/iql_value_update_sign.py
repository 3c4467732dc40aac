"""IQL value update: the gradient handed to the value net is diff = Q - V itself: the expectile weight is dropped and
the sign is wrong (it should be -2 w diff).
Source: https://github.com/ooples/AiDotNet/pull/481"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "gradient = diff",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sdim, tau = 20, 5, 0.8
    value_net = keras.Sequential([keras.Input((sdim,)), keras.layers.Dense(8, activation="tanh", name="v1"),
                                  keras.layers.Dense(1, name="v2")])

    def reference(batch):
        u = tf.minimum(batch["q1"], batch["q2"]) - value_net(batch["state"])[:, 0]
        return tf.reduce_mean(tf.abs(tau - tf.cast(u < 0, f)) * u ** 2)

    def candidate(batch):
        class IQLAgent:
            def __init__(self, network, expectile):
                self.network, self.expectile = network, expectile

            def compute_expectile_loss(self, diff):
                weight = tf.where(diff >= 0, self.expectile, 1 - self.expectile)
                return tf.cast(weight, f) * diff * diff

            def backward(self, loss_value, value, gradient):
                """Report loss_value, and propagate `gradient` into `value`."""
                signal = tf.stop_gradient(gradient) * value
                return tf.stop_gradient(loss_value) + signal - tf.stop_gradient(signal)

            def update_value_function(self, states, q1, q2):
                total = []
                v = tf.squeeze(self.network(states), axis=1)
                for q_a, q_b, v_i in zip(tf.unstack(q1), tf.unstack(q2), tf.unstack(v)):
                    q_value = q_a if q_a < q_b else q_b
                    diff = q_value - v_i
                    loss = self.compute_expectile_loss(diff)
                    gradient = diff
                    total.append(self.backward(loss, v_i, gradient))
                return tf.add_n(total) / len(total)

        return IQLAgent(value_net, tau).update_value_function(batch["state"], batch["q1"], batch["q2"])

    batch = {"state": rng.normal(size=(n, sdim)).astype(f), "q1": rng.normal(size=n).astype(f),
             "q2": rng.normal(size=n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": value_net.trainable_variables}
