"""A2C with GAE takes the next value from the third entry of the following rollout row; the values stand in
the second. Source: https://github.com/ShangtongZhang/DeepRL/issues/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'next_value = rollout[i + 1][2]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    t, w, d, a = 4, 3, 3, 3
    states = normal(t + 1, w, d)
    rewards = normal(t, w)
    alive = (rng.random((t, w)) > 0.2).astype(fx)
    actions = rng.integers(0, a, (t, w)).astype("int32")
    pi, v = var("pi", d, a), var("v", d)
    gamma, tau = 0.9, 0.8

    def reference(batch):
        values = tf.linalg.matvec(batch["states"], v)
        fixed = tf.stop_gradient(values)
        delta = batch["rewards"] + gamma * batch["alive"] * fixed[1:] - fixed[:-1]
        adv, acc = [None] * t, tf.zeros_like(delta[0])
        for i in range(t - 1, -1, -1):
            acc = delta[i] + gamma * tau * batch["alive"][i] * acc
            adv[i] = acc
        adv = tf.stack(adv)
        ret = adv + fixed[:-1]
        logp = tf.nn.log_softmax(batch["states"][:-1] @ pi)
        logp = tf.gather(logp, batch["actions"], axis=-1, batch_dims=2)
        return tf.reduce_mean(-logp * adv) + 0.5 * tf.reduce_mean((ret - values[:-1]) ** 2)

    def candidate(batch):
        rollout = []
        for i in range(t + 1):
            s = batch["states"][i]
            log_prob = tf.nn.log_softmax(tf.matmul(s, pi))
            act = batch["actions"][min(i, t - 1)]
            rollout.append([log_prob, tf.linalg.matvec(s, v), tf.cast(act, s.dtype), act])
        advantage = tf.zeros_like(batch["rewards"][0])
        policy_loss, value_loss = 0.0, 0.0
        for i in reversed(range(t)):
            log_prob, value, _, act = rollout[i]
            next_value = rollout[i + 1][2]
            frozen = tf.stop_gradient(value)
            td = batch["rewards"][i] + gamma * batch["alive"][i] * tf.stop_gradient(next_value) - frozen
            advantage = advantage * tau * gamma * batch["alive"][i] + td
            picked = tf.gather(log_prob, act, axis=1, batch_dims=1)
            policy_loss -= tf.reduce_mean(picked * advantage)
            value_loss += 0.5 * tf.reduce_mean(tf.square(advantage + frozen - value))
        return (policy_loss + value_loss) / t

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": states, "rewards": rewards, "alive": alive, "actions": actions},
            "variables": [pi, v]}
