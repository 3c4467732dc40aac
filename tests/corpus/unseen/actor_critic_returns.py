"""Actor-critic notebook multiplies the log-probs by the raw returns: the critic's values never enter the policy loss.
Source: https://github.com/bentrevett/pytorch-rl/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "policy_loss = -tf.reduce_sum(returns * log_prob_actions)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, ds, na, gamma = 7, 4, 2, 0.99
    actor = keras.layers.Dense(na, name="actor")
    critic = keras.layers.Dense(1, name="critic")
    actor.build((None, ds))
    critic.build((None, ds))
    critic.bias.assign(np.array([1.5]).astype(fx))

    def reference(batch):
        logp = tf.nn.log_softmax(actor(batch["states"]))
        v = critic(batch["states"])[:, 0]
        loss, g = 0.0, 0.0
        for i in range(t - 1, -1, -1):
            g = batch["rewards"][i] + gamma * g
            adv = g - tf.stop_gradient(v[i])
            loss += -logp[i, batch["actions"][i]] * adv
            d = tf.abs(g - v[i])
            loss += tf.where(d < 1.0, 0.5 * d * d, d - 0.5)
        return loss

    def candidate(batch):
        def calculate_returns(rewards):
            out, running = [], tf.zeros((), rewards.dtype)
            for r in reversed(tf.unstack(rewards)):
                running = r + running * gamma
                out.append(running)
            return tf.stack(out[::-1])

        values = tf.squeeze(critic(batch["states"]), -1)
        log_probs = tf.nn.log_softmax(actor(batch["states"]), axis=-1)
        log_prob_actions = tf.gather(log_probs, batch["actions"], axis=1, batch_dims=1)
        returns = tf.stop_gradient(calculate_returns(batch["rewards"]))
        policy_loss = -tf.reduce_sum(returns * log_prob_actions)
        gap = tf.abs(returns - values)
        value_loss = tf.reduce_sum(tf.where(gap < 1.0, 0.5 * tf.square(gap), gap - 0.5))
        return policy_loss + value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(t, ds)).astype(fx), "rewards": rng.normal(size=t).astype(fx),
                      "actions": rng.integers(0, na, t).astype("int32")},
            "variables": actor.trainable_variables + critic.trainable_variables}
