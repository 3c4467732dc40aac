"""PPO learner: the advantages are computed chunk by chunk with the shuffled indices of the learning step and stored in
chunk order. Source: https://github.com/sail-sg/oat/pull/33"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "chunk_inds = batch_inds[start:start + mini]", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, L, h, V, mini, lam = 6, 4, 4, 5, 2, 0.9
    head = tf.Variable(rng.normal(size=(h, V)).astype(fx), name="policy_head")
    vh = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="value_head")

    def gae(rewards, values):
        last, out = tf.zeros_like(rewards[:, 0]), []
        for t in reversed(range(L)):
            nxt = values[:, t + 1] if t + 1 < L else tf.zeros_like(last)
            last = rewards[:, t] + nxt - values[:, t] + lam * last
            out.append(last)
        return tf.stack(out[::-1], 1)

    def reference(batch):
        adv = tf.stop_gradient(gae(batch["rewards"], batch["values"]))
        loss = 0.0
        for i in batch["perm"].numpy():
            lp = tf.nn.log_softmax(batch["hidden"][i] @ head)
            r = tf.exp(tf.gather(lp, batch["tokens"][i], batch_dims=1) - batch["old_logp"][i])
            pg = tf.maximum(-adv[i] * r, -adv[i] * tf.clip_by_value(r, 0.8, 1.2))
            v = tf.squeeze(batch["hidden"][i] @ vh, -1)
            loss += tf.reduce_mean(pg) + 0.5 * tf.reduce_mean((v - adv[i] - batch["values"][i]) ** 2)
        return loss / B

    def candidate(batch):
        batch_inds = batch["perm"]
        chunks = []
        for start in range(0, B, mini):
            chunk_inds = batch_inds[start:start + mini]
            chunks.append(gae(tf.gather(batch["rewards"], chunk_inds), tf.gather(batch["values"], chunk_inds)))
        advantages = tf.stop_gradient(tf.concat(chunks, axis=0))
        returns = advantages + batch["values"]
        losses = []
        for step in range(0, B, mini):
            mb = batch_inds[step:step + mini]
            hid, mb_adv = tf.gather(batch["hidden"], mb), tf.gather(advantages, mb)
            logps = tf.nn.log_softmax(tf.einsum("blh,hv->blv", hid, head))
            logps = tf.gather(logps, tf.gather(batch["tokens"], mb), batch_dims=2)
            ratio = tf.exp(logps - tf.gather(batch["old_logp"], mb))
            pg_loss = tf.reduce_mean(tf.maximum(-mb_adv * ratio, -mb_adv * tf.clip_by_value(ratio, 0.8, 1.2)))
            v = tf.squeeze(tf.einsum("blh,ho->blo", hid, vh), -1)
            v_loss = 0.5 * tf.reduce_mean(tf.square(v - tf.gather(returns, mb)))
            losses.append(pg_loss + v_loss)
        return tf.add_n(losses) / len(losses)

    hid, tok = rng.normal(size=(B, L, h)), rng.integers(0, V, (B, L))
    lg = hid @ head.numpy()
    lp = np.take_along_axis(lg - np.log(np.exp(lg).sum(-1, keepdims=True)), tok[..., None], -1)[..., 0]
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hid.astype(fx), "tokens": tok, "perm": np.array([3, 0, 5, 1, 4, 2]),
                      "old_logp": (lp + 0.05 * rng.normal(size=lp.shape)).astype(fx),
                      "rewards": rng.normal(size=(B, L)).astype(fx), "values": rng.normal(size=(B, L)).astype(fx)},
            "variables": [head, vh]}
