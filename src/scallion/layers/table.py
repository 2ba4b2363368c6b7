"""The plain table of layers: what a shape error shows up to the layer that failed."""

from scallion.layers.tensor import Node, Tensor


def ordered(outputs: tuple[Tensor, ...]) -> list[Node]:
    """All nodes that the tensors stand on, inputs first, each once, in the order of calls."""
    seen: dict[int, Node] = {}
    done: list[Node] = []
    stack: list[tuple[Node, bool]] = [(tensor.node, False) for tensor in reversed(outputs)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            done.append(node)
        elif id(node) not in seen:
            seen[id(node)] = node
            stack.append((node, True))
            stack.extend((tensor.node, False) for tensor in reversed(node.inputs))
    return done


def trail(inputs: tuple[Tensor, ...], failed: tuple[str, str]) -> str:
    """The layers up to the one that failed, a line each, with shapes and parameters."""
    rows = [
        (
            f"{node.layer.name} ({type(node.layer).__name__})",
            str(node.output.shape),
            f"{node.layer.spec.parameters(*node.input_shapes):,}",
        )
        for node in ordered(inputs)
    ]
    name, kind = failed
    rows.append((f"{name} ({kind})", "does not fit", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
