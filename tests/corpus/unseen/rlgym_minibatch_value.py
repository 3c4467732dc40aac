"""PPO minibatch accumulation: the policy loss is scaled by the minibatch share of the batch, the value loss is not.
Source: https://github.com/AechPro/rlgym-ppo/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "value_loss = tf.reduce_mean(tf.square(vals - target_values))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    batch_size, mini_batch_size, d, n_act = 8, 2, 4, 3
    policy = keras.layers.Dense(n_act, name="policy")
    value_net = keras.layers.Dense(1, name="value_net")
    policy.build((None, d))
    value_net.build((None, d))
    ent_coef, clip_range = 0.01, 0.2

    def ppo_terms(obs, act, adv, old):
        logp_all = tf.nn.log_softmax(policy(obs))
        ratio = tf.exp(tf.gather(logp_all, act, batch_dims=1) - old)
        clipped = tf.clip_by_value(ratio, 1 - clip_range, 1 + clip_range)
        pl = -tf.reduce_mean(tf.minimum(ratio * adv, clipped * adv))
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=-1))
        return pl, ent

    def reference(batch):
        pl, ent = ppo_terms(batch["obs"], batch["act"], batch["adv"], batch["old"])
        v = value_net(batch["obs"])[:, 0]
        return pl - ent * ent_coef + tf.reduce_mean(tf.square(v - batch["ret"]))

    def candidate(batch):
        ratio_of_batch = mini_batch_size / batch_size
        accumulated = tf.zeros([], batch["obs"].dtype)
        for start in range(0, batch_size, mini_batch_size):
            stop = start + mini_batch_size
            obs, acts = batch["obs"][start:stop], batch["act"][start:stop]
            advantages, old_probs = batch["adv"][start:stop], batch["old"][start:stop]
            target_values = batch["ret"][start:stop]
            vals = tf.reshape(value_net(obs), tf.shape(target_values))
            policy_loss, entropy = ppo_terms(obs, acts, advantages, old_probs)
            value_loss = tf.reduce_mean(tf.square(vals - target_values))
            ppo_loss = (policy_loss - entropy * ent_coef) * ratio_of_batch
            accumulated += ppo_loss + value_loss
        return accumulated

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((batch_size, d)).astype(fx),
                      "act": rng.integers(0, n_act, batch_size).astype("int32"),
                      "adv": rng.standard_normal(batch_size).astype(fx),
                      "old": (-1.1 + 0.3 * rng.standard_normal(batch_size)).astype(fx),
                      "ret": rng.standard_normal(batch_size).astype(fx)},
            "variables": [policy.kernel, policy.bias, value_net.kernel, value_net.bias]}
