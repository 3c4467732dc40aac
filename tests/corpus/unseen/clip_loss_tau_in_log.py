"""CLIP-guided contrastive loss: the temperature multiplies the softmax inside the logarithm, a mere constant.

Source (real): https://github.com/drboog/Lafite/issues/25 (PyTorch, ported; -log(tau A/B) = -log tau - log(A/B))
Right answer: EQUIVALENT gradients; the loss values differ by -log(tau).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, e = 14, 6, 4
    w_img = tf.Variable(0.6 * arr(d, e), name="image_tower")
    w_txt = tf.Variable(0.6 * arr(d, e), name="text_tower")
    batch = {"image": arr(n, d), "text": arr(n, d)}
    tau = 0.5

    def features(b):
        return tf.math.l2_normalize(b["image"] @ w_img, 1), tf.math.l2_normalize(b["text"] @ w_txt, 1)

    def reference(b):
        img, txt = features(b)
        losses = []
        for i in range(img.shape[0]):
            logits = tf.linalg.matvec(txt, img[i]) / tau
            losses.append(tf.reduce_logsumexp(logits) - logits[i])
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        img_feats, txt_feats = features(b)
        sim = tf.exp(img_feats @ tf.transpose(txt_feats) / tau)
        own = tf.linalg.diag_part(sim)
        ratio = tau * own / tf.reduce_sum(sim, axis=1)
        return -tf.reduce_mean(tf.math.log(ratio))

    return {"variables": [w_img, w_txt], "batch": batch, "reference": reference, "candidate": candidate}
