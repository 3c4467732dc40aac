"""What torch.autograd.gradcheck says of the bandit, and of a derivative written by hand."""

import bandit
import torch
from torch.autograd import gradcheck, gradgradcheck

states, chosen, rewards, values, weights = map(
    torch.from_numpy, (bandit.states, bandit.chosen, bandit.rewards, bandit.values, bandit.weights)
)
weights.requires_grad_()


def log_probs(weights):
    return torch.log(torch.sum(chosen * torch.softmax(states @ weights, 1), 1))


def loop(weights):
    terms = zip(log_probs(weights), rewards, values[:, 0], strict=True)
    return -sum(log_prob * (reward - value) for log_prob, reward, value in terms) / bandit.n


def arrays(weights):
    advantages = rewards[:, None] - values
    return -torch.mean(advantages * log_probs(weights))  # (n, 1) times (n,)


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.log1p(torch.exp(x))

    @staticmethod
    def backward(context, upstream):
        (x,) = context.saved_tensors
        return upstream * torch.sigmoid(-x)  # it is sigmoid(x)


x = torch.linspace(-1, 1, 3, dtype=torch.float64, requires_grad=True)
of_loop, of_arrays = (torch.autograd.grad(loss(weights), weights)[0] for loss in (loop, arrays))
bandit.ask("gradcheck of the loop", lambda: gradcheck(loop, weights))
bandit.ask("gradcheck of the arrays", lambda: gradcheck(arrays, weights))
bandit.ask("gradgradcheck of the arrays", lambda: gradgradcheck(arrays, weights))
bandit.ask("assert_close of both gradients", lambda: torch.testing.assert_close(of_arrays, of_loop))
bandit.ask("gradcheck of Softplus", lambda: gradcheck(Softplus.apply, x))
