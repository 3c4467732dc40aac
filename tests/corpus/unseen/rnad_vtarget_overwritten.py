"""R-NaD: inside the loop over the players the v-trace result overwrites v_target, so player 2 starts from player 1's targets.

Source (real): https://github.com/google-deepmind/open_spiel/issues/963 (JAX; confirmed by the authors).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "v_target, has_played = v_trace(v_target, player_id, rewards[..., player], player)",
    "same_forward_value": False,
}

_C = 1.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, players = 15, 7, 4, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    torso = tf.Variable(0.6 * arr(d, d), name="torso")
    head = tf.Variable(0.7 * arr(d), name="value_head")
    target_head = tf.constant(0.7 * arr(d))
    batch = {
        "obs": arr(n, t, d),
        "player_id": rng.integers(0, players, (n, t)),
        "rewards": arr(n, t, players),
        "ratio": np.exp(0.4 * arr(n, t)),
    }

    def v_trace_for(b):
        def v_trace(v, player_id, reward, player):
            own = tf.cast(player_id == player, v.dtype)
            carry_v = carry_next = carry_r = tf.zeros_like(v[:, 0])
            out = []
            for k in reversed(range(t)):
                c = tf.minimum(b["ratio"][:, k], _C)
                total_r = reward[:, k] + carry_r
                learn = v[:, k] + c * (total_r + carry_next - v[:, k]) + c * (carry_v - carry_next)
                is_own = own[:, k] > 0
                carry_v = tf.where(is_own, learn, carry_v)
                carry_next = tf.where(is_own, v[:, k], carry_next)
                carry_r = tf.where(is_own, tf.zeros_like(total_r), total_r)
                out.insert(0, tf.where(is_own, learn, tf.zeros_like(learn)))
            return tf.stack(out, axis=1), own

        return v_trace

    def value(b):
        return tf.linalg.matvec(tf.tanh(b["obs"] @ torso), head)

    def reference(b):
        trace, v0 = v_trace_for(b), tf.linalg.matvec(b["obs"], target_head)
        v = value(b)
        results = [trace(v0, b["player_id"], b["rewards"][:, :, p], p) for p in range(players)]
        return tf.add_n([tf.reduce_sum(own * (v - goal) ** 2) / tf.reduce_sum(own) for goal, own in results])

    def candidate(b):
        v_trace = v_trace_for(b)
        v = value(b)
        v_target = tf.linalg.matvec(b["obs"], target_head)
        player_id, rewards = b["player_id"], b["rewards"]
        v_target_list, has_played_list = [], []
        for player in range(players):
            v_target, has_played = v_trace(v_target, player_id, rewards[..., player], player)
            v_target_list.append(v_target)
            has_played_list.append(has_played)
        loss_v_list = []
        for v_t, mask in zip(v_target_list, has_played_list):
            loss = tf.square(v - tf.stop_gradient(v_t))
            loss_v_list.append(tf.reduce_sum(loss * mask) / tf.reduce_sum(mask))
        return sum(loss_v_list)

    return {"variables": [torso, head], "batch": batch, "reference": reference, "candidate": candidate}
