"""Deep Learning and the Game of Go: policy gradient as cross-entropy with the (negative) advantage in the label; when the
probability of a punished move goes to zero, its logarithm makes the loss infinite and the weights NaN.
Source: https://github.com/maxpumperla/deep_learning_and_the_game_of_go/issues/90"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "cross_entropy = -tf.reduce_sum(y * tf.math.log(move_probs), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, moves = 20, 5, 9
    kernel = keras.Variable(rng.normal(size=(d, moves)), dtype=f, name="policy_kernel")
    bias = keras.Variable(rng.normal(size=moves) * 0.1, dtype=f, name="policy_bias")
    value_kernel = keras.Variable(rng.normal(size=(d, 1)) * 0.3, dtype=f, name="value_kernel")
    boards = rng.normal(size=(n, d))
    boards[3] *= 2000.0          # a position in which the policy is certain
    logits = boards @ np.array(kernel.numpy(), "float64")
    actions = rng.integers(0, moves, size=n)
    actions[3] = int(np.argmin(logits[3]))
    advantages = rng.normal(size=n)
    advantages[3] = -0.8
    values = np.where(np.arange(n) == 3, 0.0, 1.0)

    def reference(batch):
        logits = tf.matmul(batch["boards"], kernel) + bias
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["actions"], logits)
        v = tf.tanh(tf.matmul(batch["boards"], value_kernel))[:, 0]
        return tf.reduce_mean(batch["advantages"] * nll + 0.5 * batch["has_value"] * tf.square(v - batch["rewards"]))

    def candidate(batch):
        def prepare_experience_data(actions, advantages):
            rows = []
            for i in range(n):
                rows.append(advantages[i] * tf.one_hot(actions[i], moves, dtype=f))
            return tf.stack(rows)

        y = prepare_experience_data(batch["actions"], batch["advantages"])
        move_probs = keras.activations.softmax(batch["boards"] @ tf.convert_to_tensor(kernel) + bias)
        cross_entropy = -tf.reduce_sum(y * tf.math.log(move_probs), axis=1)
        estimated = keras.activations.tanh(batch["boards"] @ tf.convert_to_tensor(value_kernel))
        value_loss = batch["has_value"] * (estimated[:, 0] - batch["rewards"]) ** 2
        return tf.reduce_mean(cross_entropy) + 0.5 * tf.reduce_mean(value_loss)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"boards": boards.astype(f), "actions": actions.astype("int32"), "advantages": advantages.astype(f),
                  "rewards": rng.choice([-1.0, 1.0], size=n).astype(f), "has_value": values.astype(f)},
        "variables": [kernel, bias, value_kernel],
    }
