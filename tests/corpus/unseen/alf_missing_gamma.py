"""alf actor-critic loss: the product with gamma is missing when the discounted returns are accumulated.
Source: https://github.com/HorizonRobotics/alf/pull/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "acc = batch[\"reward\"][t] + batch[\"discount\"][t] * acc",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, B, S, A = 5, 3, 4, 3
    Wp = tf.Variable(rng.normal(0, 0.7, (S, A)).astype(fx), name="Wp")
    Wv = tf.Variable(rng.normal(0, 0.7, (S, 1)).astype(fx), name="Wv")
    disc = np.ones((T, B))
    disc[2, 0] = disc[3, 2] = 0

    def reference(batch):
        gamma = 0.8
        values = tf.tensordot(batch["obs"], Wv, 1)[..., 0]
        ret = batch["final_value"]
        rets = []
        for t in range(T - 1, -1, -1):
            ret = batch["reward"][t] + gamma * batch["discount"][t] * ret
            rets.insert(0, ret)
        returns = tf.stack(rets)
        adv = returns - values
        logits = tf.tensordot(batch["obs"], Wp, 1)
        nlp = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["action"], logits)
        p = tf.nn.softmax(logits)
        entropy = -tf.reduce_sum(p * tf.nn.log_softmax(logits), -1)
        return tf.reduce_mean(tf.stop_gradient(adv) * nlp + 0.5 * adv ** 2 - 0.01 * entropy)

    def candidate(batch):
        gamma = 0.8
        values = tf.tensordot(batch["obs"], Wv, 1)[..., 0]
        acc = batch["final_value"]
        rets = []
        for t in range(T - 1, -1, -1):
            acc = batch["reward"][t] + batch["discount"][t] * acc
            rets.insert(0, acc)
        returns = tf.stack(rets)
        td = returns - values
        logits = tf.tensordot(batch["obs"], Wp, 1)
        log_pi = tf.gather(tf.nn.log_softmax(logits), batch["action"], batch_dims=2)
        pg_loss = -tf.stop_gradient(td) * log_pi
        neg_entropy = tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=-1)
        return tf.reduce_mean(pg_loss + 0.5 * tf.square(td) + 0.01 * neg_entropy)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(T, B, S)).astype(fx), "reward": rng.uniform(0, 1, (T, B)).astype(fx),
                      "discount": disc.astype(fx), "action": rng.integers(0, A, (T, B)).astype("int32"),
                      "final_value": rng.normal(1, 1, B).astype(fx)},
            "variables": [Wp, Wv]}
