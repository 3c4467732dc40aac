"""GAE over concatenated episodes in the PPO notebook: the running sum is masked once more after each step, which was
reported as redundant and turned out to be harmful. Source: https://github.com/alessiodm/drl-zh/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "running = adv[t] * not_done", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    T, d, n_act, gamma, lam = 8, 4, 3, 0.97, 0.9
    w = tf.Variable(rng.normal(size=(d, n_act)).astype(fx), name="pi_w")
    b = tf.Variable(rng.normal(size=(n_act,)).astype(fx), name="pi_b")

    def reference(batch):
        r, v, done = batch["rewards"].numpy(), batch["values"].numpy(), batch["dones"].numpy()
        adv = np.zeros(T)
        for t in range(T):
            weight = 1.0
            for k in range(t, T):
                v_next = 0.0 if done[k] else (batch["bootstrap"].numpy() if k == T - 1 else v[k + 1])
                adv[t] += weight * (r[k] + gamma * v_next - v[k])
                if done[k]:
                    break
                weight *= gamma * lam
        logp = tf.nn.log_softmax(batch["obs"] @ w + b)
        picked = tf.gather(logp, batch["actions"], batch_dims=1)
        return -tf.reduce_mean(picked * tf.constant(adv, dtype=logp.dtype))

    def candidate(batch):
        rewards, values, dones = batch["rewards"], batch["values"], batch["dones"]
        adv = [None] * T
        running = tf.zeros((), rewards.dtype)
        next_return = batch["bootstrap"]
        for t in reversed(range(T)):
            not_done = 1.0 - dones[t]
            td_error = rewards[t] + gamma * next_return * not_done - values[t]
            adv[t] = td_error + gamma * lam * not_done * running
            next_return = values[t]
            running = adv[t] * not_done
        advantages = tf.stop_gradient(tf.stack(adv))
        logits = tf.linalg.matmul(batch["obs"], w) + b
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        return tf.reduce_mean(nll * advantages)

    dones = np.zeros(T)
    dones[[3, 6]] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(T, d)).astype(fx), "actions": rng.integers(0, n_act, T),
                      "rewards": rng.normal(size=T).astype(fx), "values": rng.normal(size=T).astype(fx),
                      "bootstrap": np.asarray(rng.normal()).astype(fx), "dones": dones.astype(fx)},
            "variables": [w, b]}
