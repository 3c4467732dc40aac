"""stable-baselines PPO1: dones mark the last step of an episode, the GAE reads them as if they marked the first.
Source: https://github.com/hill-a/stable-baselines/issues/385"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'nonterminal = 1.0 - new[step + 1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    T, k, A = 8, 4, 3
    gamma, lam = 0.95, 0.9
    pi = tf.Variable(normal(k, A), name="pi")
    vf = tf.Variable(normal(k, 1), name="vf")
    ends = np.zeros(T, floatx); ends[1] = ends[4] = ends[6] = 1.0

    def reference(batch):
        v = (batch["ob"] @ vf)[:, 0]
        boot = tf.stop_gradient(v)
        cont = 1.0 - batch["ends"]
        delta = batch["rew"] + gamma * cont * boot[1:] - boot[:-1]
        adv = []
        for t in range(T):
            a, coef = 0.0, 1.0
            for s in range(t, T):
                a += coef * delta[s]
                coef = coef * gamma * lam * cont[s]
            adv.append(a)
        adv = tf.stack(adv)
        logp = tf.nn.log_softmax(batch["ob"][:-1] @ pi)
        ratio = tf.exp(tf.gather(logp, batch["ac"], batch_dims=1) - batch["old"])
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        return tf.reduce_mean(tf.square(v[:-1] - (adv + boot[:-1]))) - tf.reduce_mean(surr)

    def candidate(batch):
        ob = batch["ob"]
        vpred_all = tf.squeeze(ob @ vf, axis=1)
        vpred = tf.stop_gradient(vpred_all)
        rew = batch["rew"]
        new = tf.concat([batch["ends"], tf.zeros_like(batch["ends"][:1])], axis=0)
        gaelam = [None] * T
        lastgaelam = 0.0
        for step in reversed(range(T)):
            nonterminal = 1.0 - new[step + 1]
            delta = rew[step] + gamma * vpred[step + 1] * nonterminal - vpred[step]
            gaelam[step] = lastgaelam = delta + gamma * lam * nonterminal * lastgaelam
        adv = tf.stack(gaelam)
        tdlamret = adv + vpred[:-1]
        nlp = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["ac"], ob[:-1] @ pi)
        ratio = tf.exp(-nlp - batch["old"])
        pol_surr = -tf.reduce_mean(tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - 0.2, 1 + 0.2) * adv))
        vf_loss = tf.reduce_mean((vpred_all[:-1] - tdlamret) ** 2)
        return pol_surr + vf_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"ob": normal(T + 1, k), "ac": rng.integers(0, A, T), "rew": (1.5 + normal(T)).astype(floatx), "ends": ends,
                      "old": (normal(T, scale=0.2) - 1.1).astype(floatx)},
            "variables": [pi, vf]}
