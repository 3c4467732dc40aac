"""RecBole BERT4Rec: the mask token is appended after the last item, but the state one place before it is gathered.
Source: https://github.com/RUCAIBox/RecBole/issues/1113"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "seq_output = gather_indexes(seq_output, item_seq_len - 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, items, d = 5, 5, 8, 6
    mask_token = items
    emb = keras.Variable((0.7 * rng.standard_normal((items + 1, d))).astype(f), name="item_embedding")
    pos = keras.Variable((0.7 * rng.standard_normal((t + 1, d))).astype(f), name="position_embedding")
    wq = keras.Variable((0.7 * rng.standard_normal((d, d))).astype(f), name="wq")

    def encode(ids, valid):
        x = tf.gather(tf.convert_to_tensor(emb), ids) + tf.convert_to_tensor(pos)[None]
        a = tf.einsum("bid,de,bje->bij", x, tf.convert_to_tensor(wq), x) / d ** 0.5
        a = tf.nn.softmax(a + (1 - tf.cast(valid, f))[:, None, :] * -1e4)
        return x + tf.matmul(a, x)

    def reference(batch):
        seq, ln = batch["seq"].numpy(), batch["len"].numpy()
        loss = 0.0
        for i in range(n):
            ids = np.zeros((1, t + 1), "int32")
            ids[0, :ln[i]] = seq[i, :ln[i]]
            ids[0, ln[i]] = mask_token
            h = encode(tf.constant(ids), tf.constant(np.arange(t + 1)[None] <= ln[i]))
            logits = tf.linalg.matvec(tf.convert_to_tensor(emb)[:items], h[0, ln[i]])
            loss += tf.reduce_logsumexp(logits) - logits[int(batch["next"][i])]
        return loss / n

    def candidate(batch):
        item_seq, item_seq_len = batch["seq"], batch["len"]

        def reconstruct(seq, length):
            seq = tf.pad(seq, [[0, 0], [0, 1]])
            at = tf.one_hot(length, t + 1, dtype=seq.dtype)
            return seq * (1 - at) + mask_token * at

        def gather_indexes(output, index):
            return tf.gather(output, index, axis=1, batch_dims=1)

        masked_seq = reconstruct(item_seq, item_seq_len)
        valid = tf.range(t + 1)[None] <= item_seq_len[:, None]
        seq_output = encode(masked_seq, valid)
        seq_output = gather_indexes(seq_output, item_seq_len - 1)
        test_items_emb = tf.convert_to_tensor(emb)[:items]
        scores = tf.matmul(seq_output, test_items_emb, transpose_b=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["next"], logits=scores))

    ln = np.array([5, 3, 4, 2, 5], "int32")
    seq = rng.integers(1, items, (n, t)) * (np.arange(t)[None] < ln[:, None])
    return {"reference": reference, "candidate": candidate,
            "batch": {"seq": seq.astype("int32"), "len": ln, "next": rng.integers(1, items, n).astype("int32")},
            "variables": [emb, pos, wq]}
