"""PPO: somebody holds the gradient of the ratio for an error and computes the ratio under no_grad;
then only the entropy and the value term train the network.
Source: https://github.com/thu-ml/tianshou/issues/742"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'ratio = tf.stop_gradient(tf.exp(logp - batch["logp_old"]))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, obs, acts, clip = 18, 5, 4, 0.2
    trunk, actor, critic = var("trunk", obs, 6), var("actor", 6, acts), var("critic", 6, 1)
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "act": rng.integers(0, acts, n),
        "logp_old": np.log(rng.uniform(0.15, 0.5, n)).astype(f),
        "adv": rng.standard_normal(n).astype(f),
        "ret": rng.standard_normal(n).astype(f),
        "v_old": rng.standard_normal(n).astype(f),
    }

    def reference(batch):
        h = tf.tanh(batch["obs"] @ trunk)
        probs = tf.nn.softmax(h @ actor)
        total = 0.0
        for i in range(n):
            r = probs[i, int(batch["act"][i])] / tf.exp(batch["logp_old"][i])
            a = batch["adv"][i]
            limit = (1.0 + clip) * a if float(a) > 0 else (1.0 - clip) * a
            total = total - tf.minimum(r * a, limit)
        entropy = -tf.reduce_mean(tf.reduce_sum(probs * tf.math.log(probs), -1))
        value = (h @ critic)[:, 0]
        near = batch["v_old"] + tf.clip_by_value(value - batch["v_old"], -clip, clip)
        worse = tf.maximum((batch["ret"] - value) ** 2, (batch["ret"] - near) ** 2)
        return total / n + 0.5 * tf.reduce_mean(worse) - 0.01 * entropy

    def candidate(batch):
        hidden = tf.tanh(tf.matmul(batch["obs"], trunk))
        log_probs = tf.nn.log_softmax(tf.matmul(hidden, actor))
        logp = tf.gather(log_probs, batch["act"], axis=1, batch_dims=1)
        ratio = tf.stop_gradient(tf.exp(logp - batch["logp_old"]))
        surr1 = ratio * batch["adv"]
        surr2 = tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip) * batch["adv"]
        clip_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        value = tf.reshape(tf.matmul(hidden, critic), [-1])
        v_clip = batch["v_old"] + tf.clip_by_value(value - batch["v_old"], -clip, clip)
        vf_loss = tf.reduce_mean(tf.maximum(tf.square(batch["ret"] - value), tf.square(batch["ret"] - v_clip)))
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1))
        return clip_loss + 0.5 * vf_loss - 0.01 * ent

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [trunk, actor, critic]}
