"""Super Mario PPO: the running GAE is not cut when a worker's episode ends inside the rollout.
Source: https://github.com/vietnh1009/Super-mario-bros-PPO-pytorch/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'gae = gae * gamma * tau',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    T, n, k = 7, 3, 5
    gamma, tau = 0.9, 0.95
    actor = tf.Variable(normal(k, 4), name="actor")
    critic = tf.Variable(normal(k, 1), name="critic")
    done = np.zeros((T, n), floatx)
    done[2, 0] = done[4, 1] = done[3, 2] = 1.0

    def reference(batch):
        v = tf.squeeze(batch["states"] @ critic, -1)
        v_old = tf.stop_gradient(v)
        alive = 1.0 - batch["done"]
        adv, run = [], tf.zeros_like(v_old[0])
        for t in range(T - 1, -1, -1):
            nxt = v_old[t + 1]
            delta = batch["reward"][t] + gamma * alive[t] * nxt - v_old[t]
            run = delta + gamma * tau * alive[t] * run
            adv.insert(0, run)
        adv = tf.stack(adv)
        logp = tf.nn.log_softmax(batch["states"][:-1] @ actor)
        taken = tf.gather(logp, batch["action"], batch_dims=2)
        return -tf.reduce_mean(taken * adv) + tf.reduce_mean(tf.square(adv + v_old[:-1] - v[:-1]))

    def candidate(batch):
        values = tf.squeeze(tf.einsum("tnk,ko->tno", batch["states"], critic), -1)
        next_value = tf.stop_gradient(values[-1])
        gae = 0.0
        R = []
        rollout = list(zip(tf.unstack(tf.stop_gradient(values[:-1])), tf.unstack(batch["reward"]), tf.unstack(batch["done"])))
        for value, reward, d in rollout[::-1]:
            gae = gae * gamma * tau
            gae = gae + reward + gamma * next_value * (1.0 - d) - value
            next_value = value
            R.append(gae + value)
        R = tf.stack(R[::-1])
        advantages = R - tf.stop_gradient(values[:-1])
        policy = tf.nn.log_softmax(batch["states"][:-1] @ actor)
        new_log = tf.reduce_sum(policy * tf.one_hot(batch["action"], 4, dtype=policy.dtype), -1)
        actor_loss = -tf.reduce_mean(new_log * advantages)
        critic_loss = tf.reduce_mean((R - values[:-1]) ** 2)
        return actor_loss + critic_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": normal(T + 1, n, k), "reward": normal(T, n), "done": done,
                      "action": rng.integers(0, 4, (T, n))},
            "variables": [actor, critic]}
