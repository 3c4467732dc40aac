"""Off by one in the GAE: the last step's bootstrap looks at the done flag stored with the last observation,
not at the one that came after it. Source: https://github.com/DLR-RM/stable-baselines3/pull/185"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'not_done = tf.concat([1.0 - dones[1:], 1.0 - dones[-1:]], axis=0)',
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

    t, e, d = 6, 3, 4
    obs = normal(t, e, d)
    last_obs = normal(e, d)
    rewards = normal(t, e)
    dones = np.zeros((t, e))
    dones[2, 0] = dones[5, 1] = 1
    last_dones = np.array([1.0, 0.0, 1.0])
    actions = rng.integers(0, 3, (t, e)).astype("int32")
    actor, critic = var("actor", d, 3), var("critic", d)
    gamma, lam = 0.95, 0.9

    def reference(batch):
        values = tf.linalg.matvec(batch["obs"], critic)
        last_value = tf.linalg.matvec(batch["last_obs"], critic)
        gae, adv = 0.0, []
        for i in reversed(range(t)):
            if i == t - 1:
                alive, nxt = 1.0 - batch["last_dones"], last_value
            else:
                alive, nxt = 1.0 - batch["dones"][i + 1], values[i + 1]
            delta = batch["rewards"][i] + gamma * nxt * alive - values[i]
            gae = delta + gamma * lam * alive * gae
            adv.insert(0, gae)
        adv = tf.stop_gradient(tf.stack(adv))
        returns = tf.stop_gradient(adv + values)
        logp = tf.nn.log_softmax(tf.einsum("ted,da->tea", batch["obs"], actor))
        chosen = tf.gather(logp, batch["actions"], axis=2, batch_dims=2)
        return -tf.reduce_mean(chosen * adv) + 0.5 * tf.reduce_mean((returns - values) ** 2)

    def candidate(batch):
        dones = batch["dones"]
        values = tf.linalg.matvec(batch["obs"], critic)
        boot = tf.linalg.matvec(batch["last_obs"], critic)
        next_values = tf.concat([values[1:], boot[None]], axis=0)
        not_done = tf.concat([1.0 - dones[1:], 1.0 - dones[-1:]], axis=0)
        deltas = batch["rewards"] + gamma * next_values * not_done - values
        advantages = tf.scan(lambda acc, x: x[0] + gamma * lam * x[1] * acc, (deltas, not_done),
                             initializer=tf.zeros_like(boot), reverse=True)
        advantages = tf.stop_gradient(advantages)
        target = tf.stop_gradient(values) + advantages
        log_probs = tf.nn.log_softmax(batch["obs"] @ actor)
        policy_loss = -tf.reduce_mean(advantages * tf.reduce_sum(log_probs * tf.one_hot(batch["actions"], 3, dtype=log_probs.dtype), -1))
        return policy_loss + 0.5 * tf.reduce_mean(tf.square(values - target))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "last_obs": last_obs, "rewards": rewards.astype(fx), "dones": dones.astype(fx),
                      "last_dones": last_dones.astype(fx), "actions": actions},
            "variables": [actor, critic]}
