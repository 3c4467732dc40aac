"""Portrait matting: the fusion alpha loss enters the total twice, with weights 2 and 1.

Source (real): https://github.com/JizhiziLi/P3M/issues/8 (PyTorch, ported).
Right answer: NOT equivalent to Eqn. (5) of the paper.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = loss_global/6 + loss_local*2 + loss_fusion_alpha*2 + loss_fusion_alpha + loss_fusion_comp",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pixels, ch, classes, hid = 13, 10, 3, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_enc = tf.Variable(0.7 * arr(ch, hid), name="encoder")
    w_global = tf.Variable(0.7 * arr(hid, classes), name="global_head")
    w_local = tf.Variable(0.7 * arr(hid, 1), name="local_head")
    trimap = rng.integers(0, classes, (n, pixels))
    alpha = rng.uniform(0.1, 0.9, (n, pixels))
    batch = {
        "image": arr(n, pixels, ch),
        "trimap": trimap,
        "alpha": np.where(trimap == 1, alpha, trimap / 2.0).astype(f),
        "fg": rng.uniform(0, 1, (n, pixels, ch)).astype(f),
        "bg": rng.uniform(0, 1, (n, pixels, ch)).astype(f),
    }

    def heads(image):
        h = tf.tanh(image @ w_enc)
        return h @ w_global, tf.sigmoid(h @ w_local)[..., 0]

    def fusion(logits, local):
        prob = tf.nn.softmax(logits)
        return prob[..., 2] + prob[..., 1] * local

    def charbonnier(diff):
        return tf.sqrt(tf.square(diff) + 1e-6)

    def reference(b):
        logits, local = heads(b["image"])
        final = fusion(logits, local)
        comp = final[..., None] * b["fg"] + (1.0 - final[..., None]) * b["bg"]
        real = b["alpha"][..., None] * b["fg"] + (1.0 - b["alpha"][..., None]) * b["bg"]
        unknown = b["trimap"] == 1
        terms = {
            "semantic": -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), b["trimap"], batch_dims=2)),
            "detail": tf.reduce_mean(charbonnier(tf.boolean_mask(local - b["alpha"], unknown))),
            "alpha": tf.reduce_mean(charbonnier(final - b["alpha"])),
            "composition": tf.reduce_mean(charbonnier(comp - real)),
        }
        weights = {"semantic": 1.0 / 6.0, "detail": 2.0, "alpha": 2.0, "composition": 1.0}
        return tf.add_n([weights[k] * terms[k] for k in terms])

    def candidate(b):
        predict_global, predict_local = heads(b["image"])
        predict_fusion = fusion(predict_global, predict_local)
        trans = tf.cast(tf.equal(b["trimap"], 1), predict_local.dtype)
        loss_global = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(b["trimap"], predict_global)
        )
        loss_local = tf.reduce_sum(charbonnier(predict_local - b["alpha"]) * trans) / tf.reduce_sum(trans)
        loss_fusion_alpha = tf.reduce_mean(charbonnier(predict_fusion - b["alpha"]))
        error = (predict_fusion - b["alpha"])[..., None] * (b["fg"] - b["bg"])
        loss_fusion_comp = tf.reduce_mean(charbonnier(error))
        loss = loss_global/6 + loss_local*2 + loss_fusion_alpha*2 + loss_fusion_alpha + loss_fusion_comp
        return loss

    return {"variables": [w_enc, w_global, w_local], "batch": batch, "reference": reference, "candidate": candidate}
