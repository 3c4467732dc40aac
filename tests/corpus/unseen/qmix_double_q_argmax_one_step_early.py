"""Double-Q in QMIX: the greedy actions come from the live network at t instead of t+1.

Source (real): https://github.com/ray-project/ray/pull/5731
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'cur_max = tf.argmax(masked(mac_out, b["avail"]), axis=3)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    B, T, N, d, k, s = 6, 5, 3, 4, 4, 5
    f = lambda c, *sh: (c * rng.normal(size=sh)).astype(np.float32)
    wq = tf.Variable(f(0.7, d, k), name="agent")
    hyper = tf.Variable(f(0.5, s, N), name="hyper_w")
    hb = tf.Variable(f(0.5, s, 1), name="hyper_b")
    tq, th, tb = f(0.7, d, k), f(0.5, s, N), f(0.5, s, 1)
    avail = lambda: np.maximum(rng.random((B, T, N, k)) < 0.7, np.arange(k) == 0).astype(np.float32)
    term = np.zeros((B, T), np.float32)
    term[::2, -1] = 1
    batch = {"obs": f(1, B, T, N, d), "obs2": f(1, B, T, N, d), "avail": avail(), "avail2": avail(),
             "act": rng.integers(0, k, (B, T, N)).astype(np.int32), "rew": f(1, B, T), "term": term,
             "state": f(1, B, T, s), "state2": f(1, B, T, s), "mask": (np.arange(T)[None] < rng.integers(3, T + 1, B)[:, None]).astype(np.float32)}

    def masked(q, av):
        return tf.where(av > 0.5, q, -1e9)

    def mix(qs, state, w, bias):
        return tf.reduce_sum(qs * tf.abs(tf.matmul(state, w)), axis=2) + tf.matmul(state, bias)[..., 0]

    def td(b, chosen, nxt):
        q_tot = mix(chosen, b["state"], hyper, hb)
        tgt = b["rew"] + 0.99 * (1 - b["term"]) * mix(nxt, b["state2"], th, tb)
        err = (q_tot - tf.stop_gradient(tgt)) * b["mask"]
        return tf.reduce_sum(tf.square(err)) / tf.reduce_sum(b["mask"])

    def reference(b):
        chosen = tf.gather(tf.matmul(b["obs"], wq), b["act"], batch_dims=3)
        mac_out_tp1 = tf.matmul(b["obs2"], wq)
        best = tf.argmax(masked(mac_out_tp1, b["avail2"]), axis=3)
        target_out = tf.matmul(b["obs2"], tq)
        nxt = tf.gather(target_out, best, batch_dims=3)
        return td(b, chosen, nxt)

    def candidate(b):
        mac_out = tf.matmul(b["obs"], wq)
        chosen = tf.gather(mac_out, b["act"], batch_dims=3)
        target_out = tf.matmul(b["obs2"], tq)
        cur_max = tf.argmax(masked(mac_out, b["avail"]), axis=3)
        nxt = tf.gather(target_out, cur_max, batch_dims=3)
        return td(b, chosen, nxt)

    return {"variables": [wq, hyper, hb], "batch": batch, "reference": reference, "candidate": candidate}
