"""DDPG actor update with two tapes: first dq/da, then da/dtheta with output_gradients=-dq/da. The asker did not see that
this is the gradient of -sum Q(s, actor(s)).
Source: https://github.com/Dekki-Aero/DDPG/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sdim, adim = 19, 5, 2
    actor = keras.Sequential([keras.Input((sdim,)), keras.layers.Dense(8, activation="relu", name="mu1"),
                              keras.layers.Dense(adim, activation="tanh", name="mu2")])
    c_state, c_act = keras.layers.Dense(7, name="cs"), keras.layers.Dense(7, use_bias=False, name="ca")
    c_out = keras.layers.Dense(1, name="co")
    c_state.build((None, sdim))
    c_act.build((None, adim))
    c_out.build((None, 7))

    def critic(inputs):
        s, a = inputs
        return c_out(tf.nn.tanh(c_state(s) + c_act(a)))

    def reference(batch):
        worth = 0.0
        for i in range(n):
            s = batch["state"][i:i + 1]
            worth += critic([s, actor(s)])[0, 0]
        return -worth

    def candidate(batch):
        states_batch = batch["state"]

        def critic_slope():
            with tf.GradientTape() as tape:
                a = tf.stop_gradient(actor(states_batch))
                tape.watch(a)
                q = critic([states_batch, a])
            return tf.stop_gradient(tape.gradient(q, a))

        dq_da = critic_slope()
        a = actor(states_batch)
        # the outer tape: tape.gradient(a, theta, output_gradients=-dq_da)
        return tf.reduce_sum(tf.multiply(a, -dq_da))

    batch = {"state": rng.normal(size=(n, sdim)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
