"""DPO: it was suspected that the loss mask should be cut with [:, :-1]; the shifted mask [:, 1:] as written is right. Source: https://github.com/OpenRLHF/OpenRLHF/issues/465"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    pairs, T, V, D, beta = 3, 8, 10, 6, 0.3
    embed = tf.Variable(rng.normal(0, 0.8, (V, D)).astype("float32"))
    mix = tf.Variable(rng.normal(0, 0.5, (D, D)).astype("float32"))
    head = tf.Variable(rng.normal(0, 0.8, (D, V)).astype("float32"))

    def lm(input_ids):
        h = tf.gather(embed, input_ids)
        context = tf.cumsum(h, axis=1) / tf.reshape(tf.range(1.0, T + 1.0), (1, T, 1))
        return tf.tanh(context @ mix + h) @ head

    def dpo(chosen_logps, rejected_logps, batch):
        pi_logratios = chosen_logps - rejected_logps
        ref_logratios = batch["ref_chosen"] - batch["ref_rejected"]
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (pi_logratios - ref_logratios)))

    def reference(batch):
        log_p = tf.nn.log_softmax(lm(batch["input_ids"]))
        sums = []
        for i in range(2 * pairs):
            total = 0.0
            for t in range(1, T):
                scored = tf.logical_and(t >= batch["prompt_len"][i], batch["attention_mask"][i, t] == 1)
                total += tf.where(scored, log_p[i, t - 1, batch["input_ids"][i, t]], 0.0)
            sums.append(total)
        return dpo(tf.stack(sums[:pairs]), tf.stack(sums[pairs:]), batch)

    def get_batch_logps(logits, labels, attention_mask, prompt_id_lens):
        labels = labels[:, 1:]
        logits = logits[:, :-1, :]
        after_prompt = tf.range(T)[None, :] >= prompt_id_lens[:, None]
        loss_masks = tf.logical_and(tf.cast(attention_mask, tf.bool), after_prompt)
        loss_masks = loss_masks[:, 1:]
        labels = tf.where(loss_masks, labels, 0)
        per_token_logps = tf.gather(tf.nn.log_softmax(logits), labels, axis=2, batch_dims=2)
        return tf.reduce_sum(per_token_logps * tf.cast(loss_masks, tf.float32), axis=-1)

    def candidate(batch):
        all_logps = get_batch_logps(lm(batch["input_ids"]), batch["input_ids"], batch["attention_mask"], batch["prompt_len"])
        return dpo(all_logps[:pairs], all_logps[pairs:], batch)

    lengths = np.array([8, 6, 7, 5, 8, 7])
    batch = {
        "input_ids": rng.integers(0, V, (2 * pairs, T)).astype("int32"),
        "attention_mask": (np.arange(T)[None] < lengths[:, None]).astype("int32"),
        "prompt_len": np.array([2, 3, 1, 2, 3, 1], "int32"),
        "ref_chosen": rng.normal(-9, 1, pairs).astype("float32"),
        "ref_rejected": rng.normal(-9, 1, pairs).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [embed, mix, head]}
