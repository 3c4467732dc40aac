"""WQMIX without double-Q: the bootstrap action is the argmax of the Q* head, where it should be the argmax of the Q_total
agents. Source: https://github.com/opendilab/DI-engine/pull/24"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "next_action = tf.argmax(batch[\"next_logit_star\"], axis=-1, output_type=tf.int32)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, agents, od, n_act = 6, 2, 4, 4
    gamma, alpha = 0.99, 0.5
    wq = tf.Variable(rng.normal(size=(od, n_act)).astype(fx), name="agent_q")
    mix = tf.Variable(rng.uniform(0.2, 1, size=(agents,)).astype(fx), name="mixer")

    def reference(batch):
        q_next = []
        for i in range(agents):
            best = tf.one_hot(tf.argmax(batch["next_logit"][:, i], axis=1), n_act, dtype=fx)
            q_next.append(tf.reduce_sum(best * batch["next_logit_star"][:, i], axis=1))
        y = batch["reward"] + gamma * (1 - batch["done"]) * tf.reduce_sum(tf.stack(q_next, 1) * batch["star_mix"], 1)
        q = tf.gather(batch["obs"] @ wq, batch["action"], axis=2, batch_dims=2)
        err = tf.linalg.matvec(q, mix) - y
        w = tf.stop_gradient(tf.where(err < 0, tf.ones_like(err), alpha * tf.ones_like(err)))
        return tf.reduce_mean(w * err**2)

    def candidate(batch):
        logit = tf.einsum("nao,ok->nak", batch["obs"], wq)
        agent_q = tf.reduce_sum(logit * tf.one_hot(batch["action"], n_act, dtype=logit.dtype), axis=-1)
        total_q = tf.reduce_sum(agent_q * mix, axis=-1)
        next_action = tf.argmax(batch["next_logit_star"], axis=-1, output_type=tf.int32)
        next_star = tf.gather(batch["next_logit_star"], next_action, axis=2, batch_dims=2)
        target_total_q = tf.reduce_sum(next_star * batch["star_mix"], axis=-1)
        target = batch["reward"] + gamma * (1.0 - batch["done"]) * target_total_q
        td = total_q - tf.stop_gradient(target)
        weight = tf.where(td < 0.0, 1.0, alpha)
        return tf.reduce_mean(tf.cast(weight, td.dtype) * tf.square(td))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(n, agents, od)).astype(fx),
            "action": rng.integers(0, n_act, size=(n, agents)).astype("int32"),
            "next_logit": rng.normal(size=(n, agents, n_act)).astype(fx),
            "next_logit_star": 3 * rng.normal(size=(n, agents, n_act)).astype(fx),
            "star_mix": rng.uniform(0.3, 1, size=(n, agents)).astype(fx),
            "reward": rng.normal(size=n).astype(fx),
            "done": np.array([0, 0, 1, 0, 0, 0]).astype(fx),
        },
        "variables": [wq, mix],
    }
