"""What TorchLens says of the bandit."""

import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bandit
import tensorflow as tf
import torch
import torchlens


def tensor(array):
    return torch.from_numpy(array).float()


class Loss(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = torch.nn.Parameter(tensor(bandit.weights))

    def log_probs(self, states, chosen):
        return torch.log(torch.sum(chosen * torch.softmax(states @ self.weights, 1), 1))


class Arrays(Loss):
    def forward(self, states, chosen, rewards, values):
        advantages = rewards[:, None] - values
        return -torch.mean(advantages * self.log_probs(states, chosen))  # (n, 1) times (n,)


class Fixed(Loss):
    def forward(self, states, chosen, rewards, values):
        advantages = rewards - values[:, 0]
        return -torch.mean(advantages * self.log_probs(states, chosen))


def in_tensorflow(advantages, log_probs):
    return -tf.reduce_mean(advantages * log_probs)


def show(trace):
    for op in trace.ops:
        line = op.code_context[0].line_number if op.code_context else "-"
        operands = [tuple(shape) for shape in op.input_shapes if shape is not None]
        print(f"  line {line:2}  {op.layer_label:12}", *operands, "to", op.shape)


def grown(trace):
    """Return the ops whose result is larger than each of their operands."""
    sizes = {op: [math.prod(shape) for shape in op.input_shapes] for op in trace.ops}
    return [op.label for op, operands in sizes.items() if operands and math.prod(op.shape) > max(operands)]


batch = [tensor(array) for array in (bandit.states, bandit.chosen, bandit.rewards, bandit.values)]
arrays, fixed = (torchlens.trace(loss, batch) for loss in (Arrays(), Fixed()))
print("trace of the arrays")
show(arrays)
print("grown:", grown(arrays))
print("grown, repaired:", grown(fixed))
print("validate:", torchlens.validate(Arrays(), batch, scope="forward"))
print("bisect_precision:", torchlens.debug.bisect_precision(Arrays(), tuple(batch)).message)
print("first_divergence:", torchlens.debug.first_divergence(arrays, fixed)["op"])

column, line = tf.ones((bandit.n, 1)), tf.ones(bandit.n)
print("trace of a loss in TensorFlow (preview)")
show(torchlens.trace(in_tensorflow, (column, line), backend="tf"))
