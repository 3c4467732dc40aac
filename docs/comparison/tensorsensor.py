"""What TensorSensor says of the bandit, and of a product of wrong shapes."""

import logging
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import bandit
import matplotlib
import tensorflow as tf
import tsensor

matplotlib.use("Agg")
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
folder = tempfile.TemporaryDirectory()
picture = str(pathlib.Path(folder.name) / "line.svg")

states, rewards, values = map(tf.constant, (bandit.states, bandit.rewards, bandit.values))
actor = tf.constant(bandit.weights)
log_probs = tf.math.log(tf.reduce_sum(bandit.chosen * tf.nn.softmax(states @ actor), axis=1))


def mismatched():
    kernel = tf.ones((3, 4), tf.float64)
    return tf.nn.relu(states @ kernel + 1)


def arrays():
    advantages = rewards[:, None] - values
    return -tf.reduce_mean(advantages * log_probs)  # (n, 1) times (n,)


def clarified(function):
    with tsensor.clarify(show=None):
        return function()


def in_the_block():
    kernel = tf.ones((3, 4), tf.float64)
    with tsensor.clarify(show=None):
        return tf.nn.relu(states @ kernel + 1)


bandit.ask("clarify, a product of wrong shapes", lambda: clarified(mismatched))
bandit.ask("clarify, the line in its own block", in_the_block)
bandit.ask("clarify, the arrays", lambda: clarified(arrays))

with tsensor.explain(savefig=picture) as explained:
    advantages = rewards[:, None] - values
    product = advantages * log_probs
    loss = -tf.reduce_mean(product)
print("explain, lines drawn:", [view.statement for view in explained.views])

tree, product = tsensor.eval("advantages * log_probs")
print("eval:", tree, tree.lhs.value.shape, tree.rhs.value.shape, "to", product.shape)
