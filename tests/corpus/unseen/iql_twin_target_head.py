"""RLlib IQL: the twin branch of the target Q predictions runs the frozen encoder with the online head,
so the value loss also sends gradients into qf_twin.
Source: https://github.com/ray-project/ray/issues/64931"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "(e2, nets['qf_twin']),",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, obs_dim, act_dim, hid, tau = 7, 4, 2, 6, 0.8

    def var(name, *shape, trainable=True):
        return tf.Variable((rng.normal(size=shape) * 0.7).astype(F), name=name, trainable=trainable)

    nets = {
        "enc": var("enc", obs_dim + act_dim, hid),
        "enc_twin": var("enc_twin", obs_dim + act_dim, hid),
        "qf": var("qf", hid, 1),
        "qf_twin": var("qf_twin", hid, 1),
        "v1": var("v1", obs_dim, hid),
        "v2": var("v2", hid, 1),
    }
    frozen = {
        "enc": tf.constant((rng.normal(size=(obs_dim + act_dim, hid)) * 0.7).astype(F)),
        "enc_twin": tf.constant((rng.normal(size=(obs_dim + act_dim, hid)) * 0.7).astype(F)),
        "qf": tf.constant((rng.normal(size=(hid, 1)) * 0.7).astype(F)),
        "qf_twin": tf.constant((rng.normal(size=(hid, 1)) * 0.7).astype(F)),
    }

    def value(obs):
        return tf.squeeze(tf.tanh(obs @ nets["v1"]) @ nets["v2"], -1)

    def reference(batch):
        sa = tf.concat([batch["obs"], batch["act"]], -1)

        def q(table, enc, head):
            return tf.tanh(sa @ table[enc]) @ table[head]

        q_targ = tf.minimum(q(frozen, "enc", "qf"), q(frozen, "enc_twin", "qf_twin"))[:, 0]
        v = value(batch["obs"])
        u = q_targ - v
        weight = tf.where(u > 0, tau * tf.ones_like(u), (1 - tau) * tf.ones_like(u))
        value_loss = tf.reduce_mean(weight * u ** 2)
        y = batch["rew"] + 0.97 * (1 - batch["done"]) * tf.stop_gradient(value(batch["next_obs"]))
        td1 = y - q(nets, "enc", "qf")[:, 0]
        td2 = y - q(nets, "enc_twin", "qf_twin")[:, 0]
        return value_loss + tf.reduce_mean(td1 ** 2) + tf.reduce_mean(td2 ** 2)

    def candidate(batch):
        inputs = tf.concat([batch["obs"], batch["act"]], axis=-1)
        e1 = tf.tanh(tf.matmul(inputs, frozen["enc"]))
        e2 = tf.tanh(tf.matmul(inputs, frozen["enc_twin"]))
        branches = [
            (e1, frozen["qf"]),
            (e2, nets['qf_twin']),
        ]
        target_preds = tf.stack([tf.squeeze(tf.matmul(e, h), -1) for e, h in branches], axis=0)
        q_target = tf.reduce_min(target_preds, axis=0)
        diff = q_target - value(batch["obs"])
        asym = tf.abs(tau - tf.cast(diff <= 0, diff.dtype))
        loss_v = tf.reduce_mean(asym * tf.square(diff))

        next_v = tf.stop_gradient(value(batch["next_obs"]))
        backup = batch["rew"] + 0.97 * (1.0 - batch["done"]) * next_v
        loss_q = 0.0
        for enc, head in (("enc", "qf"), ("enc_twin", "qf_twin")):
            pred = tf.squeeze(tf.matmul(tf.tanh(tf.matmul(inputs, nets[enc])), nets[head]), -1)
            loss_q += tf.reduce_mean(tf.square(pred - backup))
        return loss_v + loss_q

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, obs_dim)).astype(F), "act": rng.normal(size=(n, act_dim)).astype(F),
                      "next_obs": rng.normal(size=(n, obs_dim)).astype(F), "rew": rng.normal(size=n).astype(F),
                      "done": (rng.random(n) < 0.3).astype(F)},
            "variables": list(nets.values())}
