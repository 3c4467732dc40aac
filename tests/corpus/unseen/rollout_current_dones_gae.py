"""Stable-Baselines3: the rollout buffer stores the dones of the current step where the advantage code expects those of the
step before, so that the bootstrap is cut one step too early and terminal steps bootstrap from the next episode.
Source: https://github.com/DLR-RM/stable-baselines3/issues/105"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "next_non_terminal = 1.0 - buffer_dones[step + 1]",
    "same_forward_value": False,
}

T, ENVS, D, K = 20, 3, 5, 4
GAMMA, LAM = 0.99, 0.9


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    pi = keras.Variable(rng.normal(size=(D, K)) * 0.4, dtype=f, name="pi")
    vf = keras.Variable(rng.normal(size=(D,)) * 0.4, dtype=f, name="vf")
    dones = (rng.uniform(size=(T, ENVS)) < 0.15).astype(f)
    dones[7, 0] = dones[11, 1] = dones[4, 2] = 1.0

    def losses(batch, adv, ret):
        logits = tf.einsum("ted,dk->tek", batch["obs"], tf.convert_to_tensor(pi))
        logp = tf.gather(tf.nn.log_softmax(logits), batch["actions"], axis=2, batch_dims=2)
        value = tf.einsum("ted,d->te", batch["obs"], tf.convert_to_tensor(vf))
        return -tf.reduce_mean(logp * adv) + 0.5 * tf.reduce_mean(tf.square(value - ret))

    def reference(batch):
        # dones[t]: the action of step t has ended the episode
        v = batch["values"]
        v_next = tf.concat([v[1:], batch["last_value"][None]], axis=0)
        live = 1.0 - batch["dones"]
        delta = batch["rewards"] + GAMMA * live * v_next - v
        gae = tf.scan(lambda acc, x: x[0] + GAMMA * LAM * x[1] * acc, (delta, live),
                      initializer=tf.zeros([ENVS], f), reverse=True)
        return losses(batch, gae, gae + v)

    def candidate(batch):
        rewards, values = batch["rewards"], batch["values"]
        buffer_dones, last_dones = batch["dones"], batch["dones"][-1]
        advantages = [None] * T
        last_gae_lam = tf.zeros([ENVS], f)
        for step in reversed(range(T)):
            if step == T - 1:
                next_non_terminal = 1.0 - last_dones
                next_values = batch["last_value"]
            else:
                next_non_terminal = 1.0 - buffer_dones[step + 1]
                next_values = values[step + 1]
            delta = rewards[step] + GAMMA * next_values * next_non_terminal - values[step]
            last_gae_lam = delta + GAMMA * LAM * next_non_terminal * last_gae_lam
            advantages[step] = last_gae_lam
        advantages = tf.stack(advantages)
        return losses(batch, advantages, advantages + values)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": rng.normal(size=(T, ENVS, D)).astype(f),
                  "actions": rng.integers(0, K, size=(T, ENVS)).astype("int32"),
                  "rewards": rng.normal(size=(T, ENVS)).astype(f), "dones": dones,
                  "values": rng.normal(size=(T, ENVS)).astype(f), "last_value": rng.normal(size=ENVS).astype(f)},
        "variables": [pi, vf],
    }
