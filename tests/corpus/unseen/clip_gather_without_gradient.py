"""Wrong: the features gathered from the other replicas carry no gradient, only the replica's own do.

Source (real): https://github.com/facebookresearch/SLIP/issues/31
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "remote = [tf.stop_gradient(p) for p in parts]",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    wi = tf.Variable(rng.normal(0, 0.5, (6, 4)).astype("float32"), name="image_w")
    wt = tf.Variable(rng.normal(0, 0.5, (5, 4)).astype("float32"), name="text_w")
    log_scale = tf.Variable(np.float32(1.2), name="logit_scale")
    n, world = 12, 3
    batch = {
        "image": rng.normal(size=(n, 6)).astype("float32"),
        "text": rng.normal(size=(n, 5)).astype("float32"),
    }

    def encode(b):
        return tf.math.l2_normalize(b["image"] @ wi, 1), tf.math.l2_normalize(b["text"] @ wt, 1)

    def reference(b):
        img, txt = encode(b)
        logits = tf.exp(log_scale) * img @ tf.transpose(txt)
        y = tf.range(n)
        li = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
        lt = tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.transpose(logits))
        return 0.5 * tf.reduce_mean(li + lt)

    def all_gather(parts, rank):
        remote = [tf.stop_gradient(p) for p in parts]
        remote[rank] = parts[rank]
        return tf.concat(remote, axis=0)

    def candidate(b):
        img, txt = encode(b)
        img_parts, txt_parts = tf.split(img, world), tf.split(txt, world)
        scale = tf.exp(log_scale)
        losses = []
        for rank in range(world):
            local = n // world
            labels = local * rank + tf.range(local)
            all_txt = all_gather(txt_parts, rank)
            all_img = all_gather(img_parts, rank)
            logits_i = scale * tf.matmul(img_parts[rank], all_txt, transpose_b=True)
            logits_t = scale * tf.matmul(txt_parts[rank], all_img, transpose_b=True)
            ce_i = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_i)
            ce_t = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_t)
            losses.append(tf.reduce_mean(ce_i + ce_t) / 2.0)
        return tf.add_n(losses) / world

    return {"variables": [wi, wt, log_scale], "batch": batch, "reference": reference, "candidate": candidate}
