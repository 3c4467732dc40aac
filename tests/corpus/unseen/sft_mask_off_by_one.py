"""NeMo GPT SFT: the loss mask is one place late, so the first answer token is never learned.
Source: https://github.com/NVIDIA-NeMo/Speech/pull/6409"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss_mask = [float(idx >= answer_start_idx) for idx in range(len(input_ids))]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, v, d, eos = 4, 8, 10, 5, 0
    emb = keras.Variable(rng.standard_normal((v, d)).astype(f), name="wte")
    rec = keras.Variable((0.5 * rng.standard_normal((d, d))).astype(f), name="rec")
    head = keras.layers.Dense(v, name="lm_head")
    head.build((None, None, d))

    def gpt(ids):
        x = tf.gather(tf.convert_to_tensor(emb), ids)
        h, outs = tf.zeros_like(x[:, 0]), []
        for k in range(ids.shape[1]):
            h = tf.tanh(tf.matmul(h, tf.convert_to_tensor(rec)) + x[:, k])
            outs.append(h)
        return head(tf.stack(outs, axis=1))

    def reference(batch):
        ids, ctx, ln = batch["ids"], batch["ctx_len"], batch["len"]
        lp = tf.nn.log_softmax(gpt(ids)[:, :-1])
        tok = tf.gather(lp, ids[:, 1:], batch_dims=2)
        where = tf.range(1, t)[None]
        answer = tf.cast((where >= ctx[:, None]) & (where < ln[:, None]), f)
        return -tf.reduce_sum(tok * answer) / tf.reduce_sum(answer)

    def candidate(batch):
        def collate(ids, ctx_len, length):
            items = []
            for seq, answer_start_idx, ln in zip(ids.numpy(), ctx_len.numpy(), length.numpy()):
                seq = seq[:ln]
                input_ids, labels = seq[:-1], seq[1:]
                loss_mask = [float(idx >= answer_start_idx) for idx in range(len(input_ids))]
                fill = t - 1 - len(input_ids)
                items.append((np.pad(input_ids, (0, fill), constant_values=eos),
                              np.pad(labels, (0, fill), constant_values=eos),
                              np.pad(loss_mask, (0, fill))))
            return [np.stack(x) for x in zip(*items)]

        tokens, labels, loss_mask = collate(batch["ids"], batch["ctx_len"], batch["len"])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=gpt(tf.constant(tokens)))
        mask = tf.cast(tf.reshape(loss_mask, [-1]), losses.dtype)
        return tf.reduce_sum(tf.reshape(losses, [-1]) * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(1, v, (n, t)).astype("int32"),
                      "ctx_len": np.array([3, 2, 4, 3], "int32"), "len": np.array([8, 6, 7, 5], "int32")},
            "variables": [emb, rec] + head.trainable_variables}
