"""GAE of an A2C rollout cuts the trace only where the episode terminated, not where
it was truncated by a time limit. Source: https://github.com/ai-glimpse/toyrl/pull/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'flags = batch["terminated"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    T, d, k = 8, 4, 3
    w_h, w_pi, w_v = var("w_h", d, 6), var("w_pi", 6, k), var("w_v", 6, 1)
    gamma, lam = 0.95, 0.9

    def net(x):
        h = tf.tanh(x @ w_h)
        return h @ w_pi, (h @ w_v)[:, 0]

    def reference(batch):
        logits, v = net(batch["obs"])
        _, v_next = net(batch["next_obs"])
        v_next = tf.stop_gradient(v_next)
        done = tf.maximum(batch["terminated"], batch["truncated"])
        delta = batch["reward"] + gamma * v_next * (1.0 - batch["terminated"]) - v
        adv = [None] * T
        running = tf.zeros_like(delta[0])
        for t in range(T - 1, -1, -1):
            running = delta[t] + gamma * lam * (1.0 - done[t]) * running
            adv[t] = running
        adv = tf.stack(adv)
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["action"], logits=logits)
        return -tf.reduce_mean(logp * tf.stop_gradient(adv)) + 0.5 * tf.reduce_mean(adv ** 2)

    def candidate(batch):
        logits, values = net(batch["obs"])
        values_next = tf.stop_gradient(net(batch["next_obs"])[1])
        deltas = batch["reward"] + gamma * values_next * (1.0 - batch["terminated"]) - values
        flags = batch["terminated"]

        def step(carry, x):
            d_t, f_t = x
            return d_t + gamma * lam * carry * (1.0 - f_t)

        advantages = tf.scan(step, (deltas, flags), initializer=tf.zeros_like(deltas[0]), reverse=True)
        picked = tf.gather(tf.nn.log_softmax(logits), batch["action"], axis=1, batch_dims=1)
        policy_loss = -tf.reduce_mean(tf.stop_gradient(advantages) * picked)
        value_loss = 0.5 * tf.reduce_mean(tf.square(advantages))
        return policy_loss + value_loss

    term = np.zeros(T); term[5] = 1
    trunc = np.zeros(T); trunc[2] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(T, d), "next_obs": arr(T, d), "reward": arr(T), "action": rng.integers(0, k, T),
                      "terminated": term.astype(fx), "truncated": trunc.astype(fx)},
            "variables": [w_h, w_pi, w_v]}
