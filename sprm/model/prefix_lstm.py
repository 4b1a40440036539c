"""The textual sub-component's recurrence: an LSTM over the beginnings of texts.

All beginnings of one length are a step. What does not depend on the step before is one matrix product over all words:
the input's share of the gates, and on the way back the gradients of both weight matrices, which a recorded graph would
add up step by step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sprm.batches.prefix_tree import PrefixTree


def encode(lstm: nn.LSTM, inputs: Tensor, tree: PrefixTree) -> Tensor:
    """Run a one-layer LSTM over texts and return its state after each beginning.

    Args:
        lstm: holds the weights; its gates are torch's: input, forget, cell, output.
        inputs: (N, D) vector of the last word of each beginning.
        tree: the beginnings.

    Returns:
        (N, D): what `lstm` puts out after the last word of each beginning, up to rounding.
    """
    weights = (lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0)
    states: Tensor
    states, *_ = _Recurrence.apply(inputs, *weights, tree)
    return states


class _Recurrence(torch.autograd.Function):
    """a = x Wi' + h Wh' + b; i, f, o = sigmoid(a), g = tanh(a); c = f c + i g; h = o tanh(c)."""

    @staticmethod
    def forward(
        inputs: Tensor, input_weight: Tensor, state_weight: Tensor, input_bias: Tensor, state_bias: Tensor, tree: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        size = state_weight.shape[1]
        gates = torch.addmm(input_bias + state_bias, inputs, input_weight.T)
        states, cells = gates.new_empty(len(gates), size), gates.new_empty(len(gates), size)
        first = tree.starts[1]
        for nodes in tree.levels:
            now, cell = gates[nodes], cells[nodes]
            if nodes.start:
                parents = tree.parents[nodes.start - first : nodes.stop - first]
                now.addmm_(states.index_select(0, parents), state_weight.T)
            now[:, : 2 * size].sigmoid_()
            now[:, 2 * size : 3 * size].tanh_()
            now[:, 3 * size :].sigmoid_()
            into, forget, candidate, out = torch.split(now, size, dim=1)
            torch.mul(into, candidate, out=cell)
            if nodes.start:
                cell.addcmul_(forget, cells.index_select(0, parents))
            torch.mul(out, cell.tanh(), out=states[nodes])
        return states, gates, cells

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        words, input_weight, state_weight, _, _, tree = inputs
        states, gates, cells = output
        ctx.mark_non_differentiable(gates, cells)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(words, input_weight, state_weight, states, gates, cells)
        ctx.tree = tree

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor | None, *_: None) -> tuple[Tensor | None, ...]:
        if gradient is None:
            return (None,) * 6
        words, input_weight, state_weight, states, gates, cells = ctx.saved_tensors
        tree: PrefixTree = ctx.tree
        size, first = states.shape[1], tree.starts[1]
        into, forget, candidate, out = torch.split(gates, size, dim=1)
        before = torch.zeros_like(cells)
        torch.index_select(cells, 0, tree.parents, out=before[first:])
        squashed = cells.tanh()
        # How the pre-activations act on the cell (input, forget, candidate) and, the last, on the state.
        slopes = torch.stack(
            [
                candidate * into * (1 - into),
                before * forget * (1 - forget),
                into * (1 - candidate * candidate),
                squashed * out * (1 - out),
            ],
            dim=1,
        )
        state_to_cell = out * (1 - squashed * squashed)
        by_state, by_cell = gradient.clone(), torch.zeros_like(cells)
        for nodes in reversed(tree.levels):
            by_state_now, by_cell_now, by_gates_now = by_state[nodes], by_cell[nodes], slopes[nodes]
            by_cell_now.addcmul_(by_state_now, state_to_cell[nodes])
            by_gates_now[:, :3].mul_(by_cell_now[:, None])
            by_gates_now[:, 3].mul_(by_state_now)
            if nodes.start:
                parents = tree.parents[nodes.start - first : nodes.stop - first]
                by_state.index_add_(0, parents, by_gates_now.flatten(1) @ state_weight)
                by_cell.index_add_(0, parents, by_cell_now * forget[nodes])
        by_gates = slopes.flatten(1)
        by_bias = by_gates.sum(dim=0)
        return (
            by_gates @ input_weight if ctx.needs_input_grad[0] else None,
            by_gates.T @ words,
            by_gates[first:].T @ states.index_select(0, tree.parents),
            by_bias,
            by_bias,
            None,
        )
