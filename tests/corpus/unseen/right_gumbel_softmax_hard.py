"""MADDPG: the asker thinks that hard=True in gumbel_softmax cuts the gradient of the policy; the straight-through sum
(y_hard - y).detach() + y lets it flow through the soft sample.
Source: https://github.com/shariqiqbal2810/maddpg-pytorch/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, agents, obs, acts, hid = 13, 3, 6, 5, 8
    policy = keras.Sequential([keras.layers.Dense(7, activation="relu", name="pol_h"), keras.layers.Dense(acts, name="pol_o")])
    policy.build((None, obs))
    w1 = tf.constant(rng.standard_normal((agents * acts + obs, hid)).astype(f))
    w2 = tf.constant(rng.standard_normal((hid, 1)).astype(f))

    def critic(x):
        return tf.tanh(x @ w1) @ w2

    @tf.custom_gradient
    def harden(y):
        hard = tf.one_hot(tf.argmax(y, axis=1), acts, dtype=y.dtype)
        return hard, lambda up: up

    def reference(batch):
        logits = policy(batch["obs"])
        # stop_gradient is not used: harden() has the identity as its gradient
        mine = harden(tf.nn.softmax(logits + batch["gumbel"]))
        joint = tf.concat([batch["obs"], mine, batch["others"]], axis=1)
        return tf.reduce_mean(-critic(joint)[:, 0]) + 1e-3 * tf.reduce_mean(logits ** 2)

    def candidate(batch):
        def gumbel_softmax_sample(logits, temperature):
            y = logits + batch["gumbel"]
            return tf.nn.softmax(y / temperature, axis=1)

        def gumbel_softmax(logits, temperature=1.0, hard=False):
            y = gumbel_softmax_sample(logits, temperature)
            if hard:
                top = tf.reduce_max(y, axis=1, keepdims=True)
                y_hard = tf.cast(tf.equal(y, top), y.dtype)
                y = tf.stop_gradient(y_hard - y) + y
            return y

        curr_pol_out = policy(batch["obs"])
        curr_pol_vf_in = gumbel_softmax(curr_pol_out, hard=True)
        all_pol_acs = [curr_pol_vf_in]
        for k in range(agents - 1):
            all_pol_acs.append(batch["others"][:, k * acts : (k + 1) * acts])
        vf_in = tf.concat([batch["obs"], *all_pol_acs], axis=1)
        pol_loss = -tf.reduce_mean(critic(vf_in))
        pol_loss += tf.reduce_mean(curr_pol_out ** 2) * 1e-3
        return pol_loss

    others = np.eye(acts)[rng.integers(0, acts, (n, agents - 1))].reshape(n, -1)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((n, obs)).astype(f),
            "gumbel": rng.gumbel(size=(n, acts)).astype(f),
            "others": others.astype(f),
        },
        "variables": policy.trainable_variables,
    }
