"""SlateQ: the target network is applied to the current state instead of the next one.

Source (real): https://github.com/google-research/recsim/issues/26
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_q = target_net(b["state"], b["next_docs"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, dd, n_docs, slate, hid, gamma = 14, 5, 3, 6, 2, 12, 0.9
    w_s = tf.Variable(rng.normal(0, 0.5, (ds, hid)), name="q/state", dtype=tf.float32)
    w_d = tf.Variable(rng.normal(0, 0.5, (dd, hid)), name="q/doc", dtype=tf.float32)
    w_o = tf.Variable(rng.normal(0, 0.5, (hid,)), name="q/out", dtype=tf.float32)
    frozen = [tf.constant(v.numpy() * 1.5, tf.float32) for v in (w_s, w_d, w_o)]
    f = lambda *s: rng.normal(size=s).astype(np.float32)
    batch = {"state": f(n, ds), "next_state": f(n, ds), "docs": f(n, n_docs, dd), "next_docs": f(n, n_docs, dd),
             "clicked": rng.integers(0, n_docs, n).astype(np.int32), "reward": f(n),
             "not_done": (rng.random(n) > 0.1).astype(np.float32),
             "next_scores": np.exp(f(n, n_docs)), "no_click": np.full(n, 0.7, np.float32)}

    def item_q(params, state, docs):
        a, c, o = params
        h = tf.tanh((state @ a)[:, None, :] + tf.einsum("nkd,dh->nkh", docs, c))
        return tf.linalg.matvec(h, o)

    def online(state, docs):
        return item_q((w_s, w_d, w_o), state, docs)

    def target_net(state, docs):
        return item_q(frozen, state, docs)

    def slate_value(q, scores, no_click):
        merit = q * scores
        top = tf.math.top_k(merit, slate).indices
        s = tf.gather(scores, top, batch_dims=1)
        qs = tf.gather(q, top, batch_dims=1)
        return tf.reduce_sum(s * qs, 1) / (tf.reduce_sum(s, 1) + no_click)

    def huber(x):
        return tf.where(tf.abs(x) <= 1.0, 0.5 * x * x, tf.abs(x) - 0.5)

    def reference(b):
        q_click = tf.gather(online(b["state"], b["docs"]), b["clicked"], batch_dims=1)
        following = slate_value(target_net(b["next_state"], b["next_docs"]), b["next_scores"], b["no_click"])
        y = b["reward"] + gamma * b["not_done"] * following
        return tf.reduce_mean(huber(q_click - tf.stop_gradient(y)))

    def candidate(b):
        q_click = tf.gather(online(b["state"], b["docs"]), b["clicked"], batch_dims=1)
        next_q = target_net(b["state"], b["next_docs"])
        v_next = slate_value(next_q, b["next_scores"], b["no_click"])
        y = tf.stop_gradient(b["reward"] + gamma * b["not_done"] * v_next)
        td = q_click - y
        return tf.reduce_mean(huber(td))

    return {"variables": [w_s, w_d, w_o], "batch": batch, "reference": reference, "candidate": candidate}
