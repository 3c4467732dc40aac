"""PPOAgent.compute_advantages strips the appended last value prediction before it reads the final value,
so GAE bootstraps from the value of the last step itself. Source: https://github.com/tensorflow/agents/issues/953"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'final_value = values[:, -1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, T, D, A = 4, 5, 3, 3
    w_pi = var("w_pi", D, A)
    w_v = var("w_v", D, 1)
    gamma, lam = 0.95, 0.9

    def value_net(obs):
        return tf.squeeze(tf.tanh(obs @ w_v), -1)

    def reference(batch):
        obs, reward, discount = batch["obs"], batch["reward"], batch["discount"] * gamma
        v = value_net(obs)
        v_const = tf.stop_gradient(v)
        running = tf.zeros_like(reward[:, 0])
        adv = []
        for t in range(T - 1, -1, -1):
            delta = reward[:, t] + discount[:, t] * v_const[:, t + 1] - v_const[:, t]
            running = delta + lam * discount[:, t] * running
            adv.insert(0, running)
        adv = tf.stack(adv, 1)
        target = adv + v_const[:, :-1]
        logp = tf.nn.log_softmax(obs[:, :-1] @ w_pi)
        chosen = tf.gather(logp, batch["action"], batch_dims=2)
        ratio = tf.exp(chosen - batch["old_logp"])
        surrogate = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        return -tf.reduce_mean(surrogate) + 0.5 * tf.reduce_mean((target - v[:, :-1]) ** 2)

    def candidate(batch):
        def generalized_advantage_estimation(values, final_value, rewards, discounts):
            next_values = tf.concat([values[:, 1:], final_value[:, None]], axis=1)
            delta = rewards + discounts * next_values - values
            weighted = discounts * lam

            def step(acc, inputs):
                d, w = inputs
                return d + w * acc

            adv = tf.scan(step, (tf.transpose(delta), tf.transpose(weighted)),
                          initializer=tf.zeros_like(final_value), reverse=True)
            return tf.transpose(adv)

        value_preds = value_net(batch["obs"])
        values = tf.stop_gradient(value_preds)
        values = values[:, :-1]
        final_value = values[:, -1]
        advantages = generalized_advantage_estimation(values, final_value, batch["reward"], batch["discount"] * gamma)
        returns = advantages + values
        logits = batch["obs"][:, :-1] @ w_pi
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["action"], logits=logits)
        ratio = tf.exp(logp - batch["old_logp"])
        policy_loss = -tf.reduce_mean(tf.minimum(ratio * advantages, tf.clip_by_value(ratio, 0.8, 1.2) * advantages))
        value_loss = tf.reduce_mean(tf.square(returns - value_preds[:, :-1]))
        return policy_loss + 0.5 * value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((B, T + 1, D)).astype(fx),
                      "reward": rng.standard_normal((B, T)).astype(fx),
                      "discount": np.ones((B, T)).astype(fx),
                      "action": rng.integers(0, A, (B, T)),
                      "old_logp": (-1.1 + 0.05 * rng.standard_normal((B, T))).astype(fx)},
            "variables": [w_pi, w_v]}
