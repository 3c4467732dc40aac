"""In MDD the auxiliary head should minimise log(1 - p) of the pseudo label on the target domain; the
plain cross entropy was used on both domains. Source: https://github.com/scikit-adaptation/skada/pull/277"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'disc_loss_tgt = nll(disc_t, pseudo_t)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    ns, nt, d, k, gamma = 5, 4, 4, 3, 4.0
    xs, xt = normal(ns, d), normal(nt, d)
    ys = rng.integers(0, k, ns).astype("int32")
    feat = var("feat", d, d, scale=0.5)
    head = var("head", d, k)
    aux = var("aux", d, k)

    def reference(batch):
        zs, zt = tf.tanh(batch["xs"] @ feat), tf.tanh(batch["xt"] @ feat)
        task = 0.0
        src = 0.0
        for i in range(ns):
            scores = zs[i][None] @ head
            task += tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["ys"][i:i + 1], logits=scores)[0]
            lab = int(tf.argmax(scores[0]))
            src -= tf.nn.log_softmax((zs[i][None] @ aux)[0])[lab]
        tgt = 0.0
        for i in range(nt):
            lab = int(tf.argmax((zt[i][None] @ head)[0]))
            p = tf.nn.softmax((zt[i][None] @ aux)[0])[lab]
            tgt -= tf.math.log(1.0 - p)
        return task / ns + gamma * src / ns + tgt / nt

    def candidate(batch):
        def nll(logits, labels):
            logp = tf.nn.log_softmax(logits, axis=-1)
            return -tf.reduce_mean(tf.gather(logp, labels, batch_dims=1))

        features_s = tf.tanh(tf.matmul(batch["xs"], feat))
        features_t = tf.tanh(tf.matmul(batch["xt"], feat))
        y_pred_s, y_pred_t = tf.matmul(features_s, head), tf.matmul(features_t, head)
        disc_s, disc_t = tf.matmul(features_s, aux), tf.matmul(features_t, aux)
        pseudo_s = tf.argmax(y_pred_s, axis=-1)
        pseudo_t = tf.argmax(y_pred_t, axis=-1)
        disc_loss_src = nll(disc_s, pseudo_s)
        disc_loss_tgt = nll(disc_t, pseudo_t)
        return nll(y_pred_s, batch["ys"]) + gamma * disc_loss_src + disc_loss_tgt

    return {"reference": reference, "candidate": candidate,
            "batch": {"xs": xs, "xt": xt, "ys": ys}, "variables": [feat, head, aux]}
