"""The order in which the layers of a network are called."""

from scallion.layers.base.tensor import Node, Tensor


def topological_order(outputs: tuple[Tensor, ...]) -> list[Node]:
    """Return all calls that the outputs depend on, each once, after those it depends on."""
    seen: dict[int, Node] = {}
    order: list[Node] = []
    stack: list[tuple[Node, bool]] = [(tensor.node, False) for tensor in reversed(outputs)]
    while stack:
        node, is_expanded = stack.pop()
        if is_expanded:
            order.append(node)
        elif id(node) not in seen:
            seen[id(node)] = node
            stack.append((node, True))
            stack.extend((tensor.node, False) for tensor in reversed(node.inputs))
    return order
