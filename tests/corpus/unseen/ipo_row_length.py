"""IPO divides per-token log-probs by the mask count of the whole packed row instead of by the number of completion
tokens of each sequence in it. Source: https://github.com/modelscope/ms-swift/pull/9925"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scaled = per_token / tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    v, d, beta = 7, 4, 0.5
    lens = [5, 4, 6, 3]
    seg = np.repeat(np.arange(4), lens)
    t = len(seg)
    mask = np.ones(t)
    for k in range(4):
        mask[np.where(seg == k)[0][: 1 + k % 2]] = 0
    emb = keras.layers.Embedding(v, d, name="emb")
    head = keras.layers.Dense(v, name="lm_head")
    emb.build((None,))
    head.build((None, d))
    emb.embeddings.assign(rng.normal(size=(v, d)).astype(fx))

    def token_logps(batch):
        lp = tf.nn.log_softmax(head(emb(batch["input_ids"])), axis=-1)
        return tf.gather(lp, batch["labels"], axis=-1, batch_dims=1)

    def reference(batch):
        lp, m, ids = token_logps(batch), batch["loss_mask"], batch["seq_id"]
        avg, ref = [], []
        for k in range(4):
            inside = tf.cast(tf.equal(ids, k), m.dtype) * m
            count = tf.maximum(tf.reduce_sum(inside), 1.0)
            avg.append(tf.reduce_sum(lp * inside) / count)
            ref.append(tf.reduce_sum(batch["ref_logps"] * inside) / count)
        h0 = (avg[0] - avg[2]) - (ref[0] - ref[2])
        h1 = (avg[1] - avg[3]) - (ref[1] - ref[3])
        return 0.5 * ((h0 - 1 / (2 * beta)) ** 2 + (h1 - 1 / (2 * beta)) ** 2)

    def candidate(batch):
        mask = batch["loss_mask"]

        def sequence_scores(logps):
            per_token = logps * mask
            scaled = per_token / tf.reduce_sum(mask)
            return tf.math.segment_sum(scaled, batch["seq_id"])

        policy = sequence_scores(token_logps(batch))
        ref = sequence_scores(batch["ref_logps"])
        logits = (policy[:2] - policy[2:]) - (ref[:2] - ref[2:])
        return tf.reduce_mean(tf.square(logits - 1.0 / (2.0 * beta)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": rng.integers(0, v, t).astype("int32"), "labels": rng.integers(0, v, t).astype("int32"),
                      "seq_id": seg.astype("int32"), "loss_mask": mask.astype(fx),
                      "ref_logps": (-rng.random(t) * 3).astype(fx)},
            "variables": emb.trainable_variables + head.trainable_variables}
