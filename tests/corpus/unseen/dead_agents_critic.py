"""Multi-agent PPO: values of dead agents are not masked in the critic loss, while the policy loss masks them.
Source: https://github.com/instadeepai/Mava/issues/628"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "reduction",
            "line_marker": "value_loss = tf.reduce_mean(tf.square(value_error))", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    T, N, d, A, eps = 4, 3, 4, 3, 0.2
    pw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="policy_w")
    vw = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="critic_w")

    def reference(batch):
        pol, val, count = 0.0, 0.0, 0
        for t in range(T):
            for n in range(N):
                if batch["alive"][t, n] == 0:
                    continue
                count += 1
                o = batch["obs"][t, n]
                lp = tf.nn.log_softmax(tf.tensordot(o, pw, 1))
                r = tf.exp(lp[int(batch["actions"][t, n])] - batch["old_logp"][t, n])
                a = batch["adv"][t, n]
                pol -= tf.minimum(r * a, tf.clip_by_value(r, 1 - eps, 1 + eps) * a)
                val += (batch["targets"][t, n] - tf.tensordot(o, vw, 1)[0]) ** 2
        return (pol + 0.5 * val) / count

    def candidate(batch):
        alive = batch["alive"]
        logp = tf.nn.log_softmax(tf.einsum("tnd,da->tna", batch["obs"], pw), axis=-1)
        logp = tf.gather(logp, batch["actions"], batch_dims=2)
        values = tf.squeeze(tf.einsum("tnd,do->tno", batch["obs"], vw), axis=-1)
        ratio = tf.exp(logp - batch["old_logp"])
        clipped = tf.clip_by_value(ratio, 1 - eps, 1 + eps)
        objective = tf.minimum(ratio * batch["adv"], clipped * batch["adv"])
        policy_loss = -tf.reduce_sum(objective * alive) / tf.reduce_sum(alive)
        value_error = batch["targets"] - values
        value_loss = tf.reduce_mean(tf.square(value_error))
        return policy_loss + 0.5 * value_loss

    alive = np.array([[1, 1, 1], [1, 0, 1], [1, 0, 1], [0, 0, 1]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(T, N, d)).astype(fx), "actions": rng.integers(0, A, (T, N)),
                      "old_logp": (-1.1 + 0.2 * rng.normal(size=(T, N))).astype(fx),
                      "adv": rng.normal(size=(T, N)).astype(fx), "targets": (2 * rng.normal(size=(T, N))).astype(fx),
                      "alive": alive.astype(fx)},
            "variables": [pw, vw]}
