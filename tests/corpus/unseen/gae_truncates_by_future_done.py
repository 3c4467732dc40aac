"""rlgym-ppo: GAE cuts the accumulation with the done flag of the following step instead of that of the current step, so
that a terminal (goal) reward does not reach the states before it.
Source: https://github.com/AechPro/rlgym-ppo/pull/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "not_done = 1.0 - dones[step + 1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 22, 5, 3
    gamma, lmbda = 0.97, 0.9
    policy = keras.layers.Dense(acts, name="policy")
    policy.build((None, obs))
    dones = (rng.random(n) < 0.2).astype(f)
    dones[[6, 13]] = 1.0
    dones[-1] = 0.0
    batch = {
        "states": rng.normal(size=(n, obs)).astype(f),
        "actions": rng.integers(0, acts, size=n).astype("int32"),
        "rewards": (rng.normal(size=n) + 4 * dones).astype(f),
        "dones": dones,
        "values": rng.normal(size=n + 1).astype(f),
    }

    def reference(batch):
        go_on = 1.0 - batch["dones"]
        delta = batch["rewards"] + gamma * batch["values"][1:] * go_on - batch["values"][:-1]
        decay = gamma * lmbda * go_on
        steps = tf.range(n)
        # weight[i, j]: how much delta[j] counts for the advantage of step i
        log_free = []
        for i in range(n):
            row = [tf.zeros([], f)] * i + [tf.ones([], f)]
            for j in range(i + 1, n):
                row.append(row[-1] * decay[j - 1])
            log_free.append(tf.stack(row))
        adv = tf.linalg.matvec(tf.stack(log_free), delta)
        logits = policy(batch["states"])
        logp = tf.gather_nd(tf.nn.log_softmax(logits), tf.stack([steps, batch["actions"]], axis=1))
        return -tf.reduce_sum(adv * logp) / n

    def candidate(batch):
        rews, dones, values = (batch[k].numpy() for k in ("rewards", "dones", "values"))
        dones = np.append(dones, 0.0)
        last_gae_lam = 0.0
        adv = [0.0] * n
        for step in reversed(range(n)):
            not_done = 1.0 - dones[step + 1]
            delta = rews[step] + gamma * values[step + 1] * (1.0 - dones[step]) - values[step]
            last_gae_lam = delta + gamma * lmbda * not_done * last_gae_lam
            adv[step] = last_gae_lam
        adv = tf.constant(np.array(adv), dtype=f)
        nll = keras.losses.sparse_categorical_crossentropy(batch["actions"], policy(batch["states"]), from_logits=True)
        return tf.reduce_mean(nll * adv)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": policy.trainable_variables}
